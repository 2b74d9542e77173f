import { pack, unpack } from './frame.mjs'
import { lost, Refused } from './refusal.mjs'

/** The server that gave this page.
 * @param {import('../types').Boot} boot @returns {import('../types').Host} */
export function served(boot) {
  return {
    kind: 'served',
    boot,
    async ask(kind, facts = {}, bytes = [], signal) {
      const answer = await fetch('/ask', {
        method: 'POST',
        headers: { 'Content-Type': 'application/octet-stream' },
        body: pack({ kind, ...facts }, bytes),
        signal,
      }).catch((error) => {
        throw signal?.aborted ? error : lost()
      })
      const reply = unpack(await answer.arrayBuffer())
      if (reply.facts.refusal) throw new Refused(reply.facts.refusal)
      return reply
    },
  }
}
