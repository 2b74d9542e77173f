import { nobody, unrecorded } from './refusal.mjs'

/** @typedef {import('../types').Recorded} Recorded */

/** How far apart two pictures' bytes may be, on average, to be one photograph that was decoded twice. */
const ALIKE = 8

/** A page that was opened from disk: it answers what was recorded into it, and nothing else.
 * @param {import('../types').Boot} boot @returns {import('../types').Host} */
export function alone(boot) {
  const recorded = boot.recorded ?? []
  return {
    kind: 'alone',
    boot,
    async ask(kind, facts = {}, bytes = []) {
      const found = recorded.find((entry) => answers(entry, { ...facts, kind }, bytes))
      if (!found) throw recorded.some((entry) => entry.asked.kind === kind) ? unrecorded() : nobody()
      /** @type {Uint8Array[]} */
      const parts = []
      for (const part of found.parts)
        parts.push(typeof part === 'string' ? await inflated(part) : added(await inflated(part.rest), parts[part.after], part.turned))
      return { facts: structuredClone(found.answer), bytes: parts }
    },
  }
}

/** Whether an entry is of this question: it says what it was asked, null where nothing was said.
 * @param {Recorded} entry @param {Record<string, unknown>} facts @param {Uint8Array[]} bytes */
export function answers(entry, facts, bytes) {
  const same = Object.entries(entry.asked).every(([name, value]) => (facts[name] ?? null) === value)
  return same && (entry.like ?? []).every((samples, i) => areAlike(samples, bytes[i]))
}

/** @param {number[]} samples @param {Uint8Array | undefined} bytes */
function areAlike(samples, bytes) {
  if (!bytes) return false
  const apart = samples.map((value, i) => Math.abs(value - bytes[Math.floor(((2 * i + 1) * bytes.length) / (2 * samples.length))]))
  return apart.reduce((sum, value) => sum + value, 0) <= ALIKE * samples.length
}

/** Maps that were recorded as what they have more than those before; a channel that is "1" was turned round.
 * @param {Uint8Array} rest @param {Uint8Array} before @param {string} turned */
function added(rest, before, turned) {
  const plane = rest.length / turned.length
  return rest.map((value, i) => value + (turned[Math.floor(i / plane)] === '1' ? ~before[i] : before[i]))
}

/** @param {string} text deflated bytes in base64 */
async function inflated(text) {
  const deflated = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
