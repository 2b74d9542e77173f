import shell from '../app/zh.json' with { type: 'json' }
import convolution from '../convolution/zh.json' with { type: 'json' }
import stage from '../stage/zh.json' with { type: 'json' }

/** Chinese of what is drawn first. @type {Record<string, string>} */
export const texts = { ...shell, ...stage, ...convolution }
