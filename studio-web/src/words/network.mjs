import words from '../network/zh.json' with { type: 'json' }

/** Chinese of the network tab. @type {Record<string, string>} */
export const texts = words
