import convolution from '../convolution/zh.json' with { type: 'json' }
import kernel from '../convolution/kernel/zh.json' with { type: 'json' }
import explained from '../convolution/explain/zh.json' with { type: 'json' }
import fixit from '../fixit/zh.json' with { type: 'json' }
import network from '../network/zh.json' with { type: 'json' }
import shell from '../app/zh.json' with { type: 'json' }
import stage from '../stage/zh.json' with { type: 'json' }
import core from './zh.json' with { type: 'json' }

/** @typedef {import('../types').Say} Say */

/** Chinese by English text, a file a room; no text stands in two of them. */
export const CHINESE = /** @type {Record<string, string>} */ ({ ...core, ...shell, ...stage, ...convolution, ...kernel, ...explained, ...network, ...fixit })

/** Speaks a language: the English text is the key, places in braces are filled with facts.
 * @param {'en' | 'zh'} lang @returns {Say} */
export function speaker(lang) {
  return (text, facts = {}) => {
    const words = lang === 'zh' ? (CHINESE[text] ?? text) : text
    return words.replace(/\{(\w+)\}/g, (place, name) => (name in facts ? String(facts[name]) : place))
  }
}
