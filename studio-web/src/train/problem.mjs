import { leastSquares } from '../core/curvature.mjs'
import { slid, sideOf } from '../core/learning.mjs'
import { normal, randomFrom } from '../convolution/weights.mjs'
import { wishOf } from './wishes.mjs'

/** What is to be learned: from a picture, what a wish makes of it, as far as windows fit on both sides.
 * @typedef {import('../core/learning.mjs').Plane} Plane @typedef {import('./slice.mjs').Slice} Slice
 * @typedef {Map<number, number>} Painted numbers by their place in what is wanted
 * @typedef {{ input: Plane, wanted: Plane, offset: number, goal: import('../core/curvature.mjs').Goal }} Problem `input` is the
 * part of the picture that the kernels read, its mean brightness taken off: that flattens the longest valley of the loss,
 * and a learning rate can be 7 times as large on the photograph; `offset` is what the mean brightness adds to what is
 * wanted; `goal` the best single kernel that reads as much */

/** How many rows the kernels leave out on each side. @param {Slice} slice */
export const marginOf = ({ lesson, size }) => (lesson === 'two' ? 2 : (size - 1) / 2)

/** @param {Plane} picture of numbers 0 to 1 @param {Slice} slice @param {Painted} painted @returns {Problem} */
export function problemOf(picture, slice, painted) {
  const { kernel, cut } = wishOf(slice)
  const mean = sum(picture.data) / picture.data.length
  const read = { ...picture, data: picture.data.map((value) => value - mean) }
  const own = (sideOf(kernel) - 1) / 2
  const margin = Math.max(own, marginOf(slice))
  const made = inner(slid(read, kernel), margin - own)
  const clean = cut ? { ...made, data: made.data.map((value) => Math.max(value, 0)) } : made
  const wanted = noisy(clean, slice)
  painted.forEach((value, place) => place < wanted.data.length && (wanted.data[place] = value))
  const input = inner(read, margin - marginOf(slice))
  return { input, wanted, offset: mean * sum(kernel), goal: leastSquares(input, wanted, 2 * marginOf(slice) + 1) }
}

/** Kernels as PyTorch begins them: even between −1/side and 1/side. @param {Slice} slice @returns {Float64Array[]} */
export function firstKernels({ lesson, size, seed }) {
  const chance = randomFrom(seed)
  return (lesson === 'two' ? [3, 3] : [size]).map((side) => Float64Array.from({ length: side * side }, () => (2 * chance() - 1) / side))
}

/** A plane without so many rows and columns on each side. @param {Plane} plane @param {number} margin @returns {Plane} */
function inner(plane, margin) {
  const [height, width] = [plane.height - 2 * margin, plane.width - 2 * margin]
  const data = Float64Array.from({ length: height * width }, (_, i) => plane.data[(Math.floor(i / width) + margin) * plane.width + (i % width) + margin])
  return { data, height, width }
}

/** @param {Plane} plane @param {Slice} slice @returns {Plane} */
function noisy(plane, { noise, seed }) {
  const chance = randomFrom(seed + 1_000_000)
  const deviation = noise * spread(plane.data)
  return { ...plane, data: plane.data.map((value) => (deviation ? value + deviation * normal(chance) : value)) }
}

/** The standard deviation of numbers. @param {Float64Array} data */
export function spread(data) {
  const mean = sum(data) / data.length
  return Math.sqrt(sum(data.map((value) => (value - mean) ** 2)) / data.length)
}

/** @param {ArrayLike<number>} numbers */
const sum = (numbers) => Array.from(numbers).reduce((all, value) => all + value, 0)
