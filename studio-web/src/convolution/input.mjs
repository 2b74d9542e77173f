/** What a layer gets to see of the picture: its input channels, for one, two or three axes. */
import { KERNELS } from '../core/kernels.mjs'
import { reach } from '../core/axis.mjs'
import { say, words } from './say.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice @typedef {import('../types').Numbers} Numbers
 * @typedef {import('./pictures.mjs').Pictures} Pictures @typedef {import('./pictures.mjs').Sampled} Sampled */

const FRAMES = 8
const FILTERS = KERNELS.filter((row) => !row.takes.length)

/** @type {WeakMap<Sampled, Map<string, Numbers>>} */
const made = new WeakMap()

/** [C, …sizes] of a slice's input. @param {Pictures} pictures @param {Slice} slice @returns {number[]} */
export function inputShape(pictures, slice) {
  const { conv } = slice
  const [height, width] = pictures.sizeOf(slice)
  return [conv.in_channels, ...{ 1: [width], 2: [height, width], 3: [frames(slice), height, width] }[conv.axes.length] ?? []]
}

/** Frames of a stack: eight, more where the kernel reaches further. @param {Slice} slice */
const frames = ({ conv }) => Math.min(Math.max(FRAMES, reach(conv.axes[0])), 64)

/** The numbers of a slice's input; the same object for the same picture, size and layer's channels.
 * @param {Pictures} pictures @param {Slice} slice @returns {Numbers | null} */
export function inputOf(pictures, slice) {
  const sampled = pictures.sample(slice)
  if (!sampled) return null
  const shape = inputShape(pictures, slice)
  const key = String(shape)
  const known = made.get(sampled) ?? new Map()
  made.set(sampled, known)
  if (!known.has(key)) known.set(key, { data: numbersOf(sampled, shape), shape })
  return known.get(key) ?? null
}

/** @param {Sampled} sampled @param {number[]} shape */
function numbersOf(sampled, shape) {
  const planes = channelPlanes(sampled, shape[0])
  const data = new Float64Array(shape.reduce((all, n) => all * n, 1))
  const each = data.length / shape[0]
  planes.forEach((plane, channel) => {
    if (shape.length === 2) data.set(middleRow(plane, sampled), channel * each)
    else if (shape.length === 3) data.set(plane, channel * each)
    else for (let frame = 0; frame < shape[1]; frame++) data.set(moved(plane, sampled, frame), channel * each + frame * plane.length)
  })
  return data
}

/** @param {Sampled} sampled @param {number} count @returns {Float64Array[]} */
function channelPlanes(sampled, count) {
  if (count === 3) return sampled.planes
  const grey = greyOf(sampled)
  if (count === 1) return [grey]
  const filtered = FILTERS.slice(0, count).map((row) => through(grey, sampled, row.make([]).data))
  return Array.from({ length: count }, (_, channel) => filtered[channel % filtered.length])
}

/** @param {Sampled} sampled */
function greyOf({ planes: [red, green, blue] }) {
  return red.map((value, i) => Math.round(0.299 * value + 0.587 * green[i] + 0.114 * blue[i]))
}

/** @param {Float64Array} plane @param {Sampled} sampled @param {number[]} kernel of 3 x 3 */
function through(plane, { height, width }, kernel) {
  const at = (/** @type {number} */ i, /** @type {number} */ n) => Math.min(Math.max(i, 0), n - 1)
  return plane.map((_, i) => {
    const [row, column] = [Math.floor(i / width), i % width]
    let sum = 0
    for (let tap = 0; tap < 9; tap++) {
      if (kernel[tap]) sum += kernel[tap] * plane[at(row + Math.floor(tap / 3) - 1, height) * width + at(column + (tap % 3) - 1, width)]
    }
    return sum
  })
}

/** @param {Float64Array} plane @param {Sampled} sampled */
const middleRow = (plane, { height, width }) => plane.subarray((height >> 1) * width, ((height >> 1) + 1) * width)

/** The picture a frame later: as many pixels to the right. @param {Float64Array} plane @param {Sampled} sampled @param {number} by */
function moved(plane, { width }, by) {
  return plane.map((_, i) => plane[i - (i % width) + Math.max((i % width) - by, 0)])
}

/** What is to be said of the input's channels and axes; null where they are the picture as one knows it.
 * @param {Slice} slice */
export function inputNote(slice) {
  const { in_channels: count, axes } = slice.conv
  const filters = FILTERS.slice(0, count).map(({ name }) => name)
  const names = filters.slice(0, 3).join(', ') + (filters.length > 3 ? ' …' : '')
  const parts = [
    axes.length === 1 ? words(say('One axis: the input is the middle row of the picture.')) : null,
    axes.length === 3 ? words(say('Three axes: the input is {frames} frames; from each to the next the picture moves one pixel to the right.'), { frames: frames(slice) }) : null,
    count !== 1 && count !== 3 ? words(say('The input has {count} channels: the picture filtered with {names} in turn.'), { count, names }) : null,
  ].filter((part) => part !== null)
  if (!parts.length) return null
  return { en: parts.map(({ en }) => en).join(' '), zh: parts.map(({ zh }) => zh).join('') }
}
