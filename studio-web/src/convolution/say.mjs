import { pair, speaker } from '../core/words.mjs'

export { say } from '../core/sentence.mjs'

/** A text with its facts in both languages.
 * @param {string} text @param {Record<string, unknown>} [facts] @returns {import('../types').Words} */
export const words = (text, facts) => pair(speaker('en')(text, facts), () => speaker('zh')(text, facts))
