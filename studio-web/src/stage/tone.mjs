import { entry, grey, magma, signed, signedEntry } from '../core/colour.mjs'

/** How numbers become colours: the ends, and 256 colours between them. What has a sign has 0 in the middle, always.
 * @typedef {{ low: number, high: number, signed: boolean, palette: ArrayLike<number>, seen?: [number, number] }} Tone
 * `seen`: the part of it that numbers lie in, where that is not all */

/** The tone of numbers: signed where one is below 0, grey (or magma) where none is.
 * @param {ArrayLike<number>} numbers @param {'light' | 'dark'} theme
 * @param {{ signed?: boolean, palette?: 'grey' | 'magma', low?: number, high?: number }} [wish] @returns {Tone} */
export function toneOf(numbers, theme, wish = {}) {
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < numbers.length; i++) {
    if (numbers[i] < low) low = numbers[i]
    if (numbers[i] > high) high = numbers[i]
  }
  if (!(low <= high)) [low, high] = [0, 1]
  if (low === high && low >= 0) [low, high] = [0, high || 1]
  if (wish.signed ?? low < 0) {
    const most = Math.max(Math.abs(wish.low ?? low), Math.abs(wish.high ?? high)) || 1
    return { low: -most, high: most, signed: true, palette: signed(theme) }
  }
  const palette = wish.palette === 'magma' ? magma : grey
  return { low: wish.low ?? low, high: wish.high ?? high, signed: false, palette }
}

/** A kernel's tone: full colour is its largest number where signs meet; a kernel of one sign is a mean of its window, and
 * reaches half the colour.
 * @param {ArrayLike<number>} numbers @param {'light' | 'dark'} theme @returns {Tone} */
export function kernelTone(numbers, theme) {
  const { low, high } = toneOf(numbers, theme, { signed: false })
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1
  if (low < 0 && high > 0) return toneOf([-most, most], theme, { signed: true })
  return { ...toneOf([-2 * most, 2 * most], theme, { signed: true }), seen: low < 0 ? [-most, 0] : [0, most] }
}

/** The ends of a picture's tone: 0…255 or 0…1 where its numbers are of that kind, so that a photograph looks like one.
 * @param {ArrayLike<number>} numbers @returns {{ low?: number, high?: number }} */
export function pictureEnds(numbers) {
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < numbers.length; i++) {
    if (numbers[i] < low) low = numbers[i]
    if (numbers[i] > high) high = numbers[i]
  }
  if (low < 0 || !(high > 0) || high > 255) return {}
  if (high > 16) return { low: 0, high: 255 }
  return high <= 1 && high > 0.25 ? { low: 0, high: 1 } : {}
}

/** The colour of a number: red, green, blue.
 * @param {Tone} tone @param {number} value @returns {[number, number, number]} */
export function shade({ low, high, signed: hasSign, palette }, value) {
  const at = 4 * (hasSign ? signedEntry(value, high) : entry(value, low, high))
  return [palette[at], palette[at + 1], palette[at + 2]]
}

/** @param {string} hex "#rrggbb" @returns {[number, number, number]} */
export function parse(hex) {
  const number = parseInt(hex.slice(1), 16)
  return [number >> 16, (number >> 8) & 255, number & 255]
}
