import digits from '../train/digits/zh.json' with { type: 'json' }
import words from '../train/zh.json' with { type: 'json' }

/** Chinese of the tab where kernels learn. @type {Record<string, string>} */
export const texts = { ...words, ...digits }
