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

/** Own pictures that are kept beside those that are shown. */
const MOST_OWN = 8
const MOST_SAMPLED = 16

/** The pictures of one app: the photograph and the visitor's own, for as long as it is there. */
export class Pictures {
  /** @type {Map<string, Picture>} */
  #held = new Map()
  /** @type {Map<string, Sampled>} */
  #sampled = new Map()
  #own = 0
  #shown

  /** @param {() => unknown[]} [shown] names of the pictures that the state shows: they stay */
  constructor(shown = () => []) {
    this.#shown = shown
  }

  /** @param {string} name */
  isHeld(name) {
    return this.#held.has(name) || drawnCalled(name) !== undefined
  }

  /** @param {string} name */
  called(name) {
    return this.#held.get(name)
  }

  /** The visitor's own, in the order in which they came. */
  own() {
    return [...this.#held.values()].filter(({ name }) => name.startsWith('own-'))
  }

  /** Keeps a picture and gives its name; the oldest of many own ones goes.
   * @param {Omit<Picture, 'name'>} picture @param {string} [name] */
  hold(picture, name = `own-${++this.#own}`) {
    this.#forget(name)
    this.#held.set(name, { ...picture, name })
    const shown = new Set(this.#shown())
    const idle = this.own().filter((each) => each.name !== name && !shown.has(each.name))
    for (const each of idle.slice(0, Math.max(0, this.own().length - MOST_OWN))) this.#forget(each.name)
    return name
  }

  drop() {
    this.#held.clear()
    this.#sampled.clear()
  }

  /** Rows and columns that a look has.
   * @param {Look} look @returns {[number, number]} */
  sizeOf({ picture, side, crop }) {
    const source = this.#held.get(picture)
    if (crop || !source) return [side, side]
    return wholeSize(source, side)
  }

  /** The three colour planes of a look, whole numbers 0 to 255; null where the picture is not here (yet).
   * @param {Look} look @returns {Sampled | null} */
  sample(look) {
    const key = `${look.picture} ${look.side} ${look.crop} ${look.shift}`
    const before = this.#sampled.get(key)
    if (before) return before
    const drawn = drawnCalled(look.picture)
    const source = this.#held.get(look.picture)
    if (!drawn && !source) return null
    const made = drawn ? fromRule(drawn, look) : fromPixels(/** @type {Picture} */ (source), look)
    if (this.#sampled.size > MOST_SAMPLED) this.#sampled.delete(/** @type {string} */ (this.#sampled.keys().next().value))
    this.#sampled.set(key, made)
    return made
  }

  /** @param {string} name */
  #forget(name) {
    this.#held.delete(name)
    for (const key of [...this.#sampled.keys()]) if (key.startsWith(`${name} `)) this.#sampled.delete(key)
  }
}

/** @param {{ height: number, width: number }} picture @param {number} side of the longer one @returns {[number, number]} */
function wholeSize({ height, width }, side) {
  const step = Math.max(height, width) / side
  return [Math.max(1, Math.round(height / step)), Math.max(1, Math.round(width / step))]
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
  const [height, width] = look.crop ? [look.side, look.side] : wholeSize(picture, look.side)
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
