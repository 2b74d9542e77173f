import words from '../core/zh.json' with { type: 'json' }

/** Chinese of Python's sentences. @type {Record<string, string>} */
export const texts = words
