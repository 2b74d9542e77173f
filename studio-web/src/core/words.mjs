/** @typedef {import('../types').Say} Say */

/** Chinese by English text, of the rooms whose words were brought. @type {Record<string, string>} */
const chinese = {}

/** Takes in the Chinese of a room. @param {Record<string, string>} texts */
export const learn = (texts) => void Object.assign(chinese, texts)

/** A text in Chinese; as it stands where its Chinese is not here. @param {string} text */
export const inChinese = (text) => chinese[text] ?? text

/** Speaks a language: the English text is the key, places in braces are filled with facts.
 * @param {'en' | 'zh'} lang @returns {Say} */
export function speaker(lang) {
  return (text, facts = {}) => {
    const words = lang === 'zh' ? inChinese(text) : text
    return words.replace(/\{(\w+)\}/g, (place, name) => (name in facts ? String(facts[name]) : place))
  }
}

/** A text in both languages; its Chinese is said when it is asked for.
 * @param {string} en @param {() => string} chineseOf @returns {import('../types').Words} */
export const pair = (en, chineseOf) => ({
  en,
  get zh() {
    return chineseOf()
  },
})
