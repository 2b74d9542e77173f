import explain from '../convolution/explain/zh.json' with { type: 'json' }
import kernel from '../convolution/kernel/zh.json' with { type: 'json' }

/** Chinese of the recipe and the explanation. @type {Record<string, string>} */
export const texts = { ...kernel, ...explain }
