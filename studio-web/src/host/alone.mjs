import { nobody } from './refusal.mjs'

/** A page that was opened from disk: it answers what was recorded into it, and nothing else.
 * @param {import('../types').Boot} boot @returns {import('../types').Host} */
export function alone(boot) {
  const recorded = boot.recorded ?? {}
  return {
    kind: 'alone',
    boot,
    async ask(kind) {
      const answer = recorded[kind]
      if (!answer) throw nobody()
      return { facts: answer.facts, bytes: answer.bytes.map(fromBase64) }
    },
  }
}

/** @param {string} text */
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
