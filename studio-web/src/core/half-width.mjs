const SIGNS = Object.entries({ ',': '、', '.': '。', ';': '；', '-': '−–—', '"': '“”「」', "'": '‘’', '[': '【〔', ']': '】〕', ' ': '\u3000\u00a0', '': '\ufeff' })
const HALF = new Map(SIGNS.flatMap(([half, full]) => [...full].map((sign) => [sign, half])))

/** At most 80 letters of a text. @param {string} text */
export const short = (text) => ([...text].length <= 80 ? text : `${[...text].slice(0, 77).join('')}...`)

/** The text with half-width signs, and where each of its letters stood.
 * @param {string} text */
export function halfWidth(text) {
  let plain = ''
  /** @type {number[]} */
  const places = []
  let place = 0
  for (const letter of text) {
    const half = HALF.get(letter) ?? letter.normalize('NFKC')
    for (let i = 0; i < half.length; i++) places.push(place)
    plain += half
    place += letter.length
  }
  return { plain, places }
}
