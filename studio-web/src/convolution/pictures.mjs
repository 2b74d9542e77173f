import { drawnCalled } from './drawn.mjs'

/** A picture: RGB, row by row, 0 to 255.
 * @typedef {{ name: string, title: string, height: number, width: number, rgb: Uint8Array | Uint8ClampedArray }} Picture
 * @typedef {{ picture: string, side: number, crop: number[] | null, shift: number[] }} Look
 * @typedef {{ height: number, width: number, planes: Float64Array[] }} Sampled */

export const PHOTOGRAPH = 'photograph'
export const SMALLEST = 8
export const LARGEST = 256
/** Around the astronaut's eyes: centre (row, column) and side of the square, as parts of the picture's shorter side. */
export const FACE = [0.242, 0.457, 0.25]

/** @type {Map<string, Picture>} */
const held = new Map()
/** @type {Map<string, Sampled>} */
const sampled = new Map()
let own = 0

/** @param {string} name */
export const isHeld = (name) => held.has(name) || drawnCalled(name) !== undefined

/** @param {string} name */
export const pictureCalled = (name) => held.get(name)

/** Keeps a picture for as long as the page is open; gives its name.
 * @param {Omit<Picture, 'name'>} picture @param {string} [name] */
export function hold(picture, name = `own-${++own}`) {
  held.set(name, { ...picture, name })
  for (const key of [...sampled.keys()]) if (key.startsWith(`${name} `)) sampled.delete(key)
  return name
}

/** Rows and columns that a look has.
 * @param {Look} look @returns {[number, number]} */
export function sizeOf({ picture, side, crop }) {
  const source = held.get(picture)
  if (crop || !source) return [side, side]
  const step = Math.max(source.height, source.width) / side
  return [Math.max(1, Math.round(source.height / step)), Math.max(1, Math.round(source.width / step))]
}

/** The three colour planes of a look, whole numbers 0 to 255; null where the picture is not here (yet).
 * @param {Look} look @returns {Sampled | null} */
export function sample(look) {
  const key = `${look.picture} ${look.side} ${look.crop} ${look.shift}`
  const before = sampled.get(key)
  if (before) return before
  const drawn = drawnCalled(look.picture)
  const source = held.get(look.picture)
  if (!drawn && !source) return null
  const made = drawn ? fromRule(drawn, look) : fromPixels(/** @type {Picture} */ (source), look)
  if (sampled.size > 16) sampled.delete(/** @type {string} */ (sampled.keys().next().value))
  sampled.set(key, made)
  return made
}

/** @param {import('./drawn.mjs').Drawn} drawn @param {Look} look @returns {Sampled} */
function fromRule({ colour }, { side, shift: [down, right] }) {
  const planes = [0, 1, 2].map(() => new Float64Array(side * side))
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const rgb = colour(row - down, column - right, side)
      for (let plane = 0; plane < 3; plane++) planes[plane][row * side + column] = rgb[plane]
    }
  return { height: side, width: side, planes }
}

/** Each pixel is the mean of the piece of the picture that it stands for; past the edge the edge repeats.
 * @param {Picture} picture @param {Look} look @returns {Sampled} */
function fromPixels(picture, look) {
  const [height, width] = sizeOf(look)
  const { top, left, step } = frameOf(picture, look)
  const [down, right] = look.shift
  const rows = pieces(height, top, step, down, picture.height)
  const columns = pieces(width, left, step, right, picture.width)
  const planes = [0, 1, 2].map(() => new Float64Array(height * width))
  rows.forEach((inRow, row) =>
    columns.forEach((inColumn, column) => {
      for (let plane = 0; plane < 3; plane++) planes[plane][row * width + column] = Math.round(mean(picture, inRow, inColumn, plane))
    }),
  )
  return { height, width, planes }
}

/** Where a look stands in its picture, in the picture's pixels.
 * @param {{ height: number, width: number }} picture @param {Pick<Look, 'side' | 'crop'>} look */
export function frameOf({ height, width }, { side, crop }) {
  if (!crop) return { top: 0, left: 0, step: Math.max(height, width) / side, size: Math.max(height, width) }
  const size = crop[2] * Math.min(height, width)
  const within = (/** @type {number} */ centre, /** @type {number} */ n) => Math.min(Math.max(centre * n - size / 2, 0), n - size)
  return { top: within(crop[0], height), left: within(crop[1], width), step: size / side, size }
}

/** For each of n pixels: which of the picture's it covers, and how much of each.
 * @param {number} n @param {number} from @param {number} step @param {number} shift @param {number} limit
 * @returns {[number, number][][]} */
function pieces(n, from, step, shift, limit) {
  return Array.from({ length: n }, (_, i) => {
    const start = from + (i - shift) * step
    const end = start + step
    /** @type {[number, number][]} */
    const covered = []
    for (let at = Math.floor(start); at < end; at++) {
      const part = Math.min(end, at + 1) - Math.max(start, at)
      if (part > 1e-9) covered.push([Math.min(Math.max(at, 0), limit - 1), part / step])
    }
    return covered
  })
}

/** @param {Picture} picture @param {[number, number][]} rows @param {[number, number][]} columns @param {number} plane */
function mean({ rgb, width }, rows, columns, plane) {
  let sum = 0
  for (const [row, high] of rows) for (const [column, wide] of columns) sum += high * wide * rgb[(row * width + column) * 3 + plane]
  return sum
}

/** The visitor's own pictures, in the order in which they came. */
export const ownPictures = () => [...held.values()].filter(({ name }) => name.startsWith('own-'))
