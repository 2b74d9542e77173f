// Colour maps of 256 RGBA entries, and which text is legible on one of their colours.

/** @typedef {[number, number, number]} Rgb */

/** The same values as the tokens --minus, --middle, --plus. @type {Record<'light' | 'dark', [string, string, string]>} */
const SIGNED = { light: ['#2166ac', '#f6f5f0', '#d9600f'], dark: ['#5aa1e3', '#26262b', '#ff8a3c'] }
const MAGMA = '000004 0b0924 20114b 3b0f70 57157e 721f81 8c2981 a8327d c43c75 de4968 f1605d fa7f5e fe9f6d febf84 fddea0 fcfdbf'.split(' ').map((stop) => `#${stop}`)

/** The entry of a signed palette that is exactly 0. */
export const ZERO = 127

/** Blue below 0, orange above, the middle at 0: entry 127 is 0, 0 is −most, 254 is most.
 * @param {'light' | 'dark'} theme @returns {Uint8ClampedArray} */
export const signed = (theme) => palette(SIGNED[theme], 255)

/** Black to white. */
export const grey = palette(['#000000', '#ffffff'], 256)

/** Matplotlib's magma, to about one step in 255. */
export const magma = palette(MAGMA, 256)

/** The entry of a signed palette for a value between −most and most. @param {number} value @param {number} most */
export function signedEntry(value, most) {
  if (!(most > 0) || Number.isNaN(value)) return ZERO
  return Math.round(ZERO + ZERO * Math.max(-1, Math.min(1, value / most)))
}

/** The entry of a palette without sign for a value between low and high.
 * @param {number} value @param {number} low @param {number} high */
export function entry(value, low, high) {
  if (!(high > low) || Number.isNaN(value)) return 0
  return Math.round(255 * Math.max(0, Math.min(1, (value - low) / (high - low))))
}

/** The colour of an entry. @param {Uint8ClampedArray} colours @param {number} at @returns {Rgb} */
export const rgb = (colours, at) => [colours[4 * at], colours[4 * at + 1], colours[4 * at + 2]]

/** The text colour that is more legible on a colour: dark ink or light.
 * @param {number} r @param {number} g @param {number} b @returns {'#1d1d22' | '#ffffff'} */
export function ink(r, g, b) {
  const ground = luminance([r, g, b])
  const dark = (ground + 0.05) / (luminance(parsed('#1d1d22')) + 0.05)
  return dark >= 1.05 / (ground + 0.05) ? '#1d1d22' : '#ffffff'
}

/** Contrast of two colours, 1 to 21, as WCAG counts it. @param {Rgb} a @param {Rgb} b */
export function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

/** @param {string[]} stops @param {number} count entries that are used; the rest repeat the last */
function palette(stops, count) {
  const colours = stops.map(parsed)
  const result = new Uint8ClampedArray(4 * 256)
  for (let at = 0; at < 256; at++) {
    const place = (Math.min(at, count - 1) / (count - 1)) * (stops.length - 1)
    const before = Math.min(Math.floor(place), stops.length - 2)
    for (let i = 0; i < 3; i++) result[4 * at + i] = colours[before][i] + (place - before) * (colours[before + 1][i] - colours[before][i])
    result[4 * at + 3] = 255
  }
  return result
}

/** @param {string} hex @returns {Rgb} */
function parsed(hex) {
  const number = Number.parseInt(hex.slice(1), 16)
  return [number >> 16, (number >> 8) & 255, number & 255]
}

/** @param {Rgb} colour */
function luminance(colour) {
  const [r, g, b] = colour.map((part) => (part <= 10.31475 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
