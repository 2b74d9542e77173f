import words from '../faces/zh.json' with { type: 'json' }

/** Chinese of the tab for faces. @type {Record<string, string>} */
export const texts = words
