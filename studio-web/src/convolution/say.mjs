import { speaker } from '../core/words.mjs'

/** Marks a text that is said later. @param {string} text */
export const say = (text) => text

/** A text with its facts in both languages.
 * @param {string} text @param {Record<string, unknown>} [facts] @returns {import('../types').Words} */
export const words = (text, facts) => ({ en: speaker('en')(text, facts), zh: speaker('zh')(text, facts) })
