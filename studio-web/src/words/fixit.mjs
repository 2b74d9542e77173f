import words from '../fixit/zh.json' with { type: 'json' }

/** Chinese of the tab that mends code. @type {Record<string, string>} */
export const texts = words
