import { PADDING, reach } from './borders.mjs'
import { refusal, say } from './sentence.mjs'

export { reach }

/** @typedef {import('../types').Axis} Axis */

/** Half the reach, rounded down: what padding=kernel_size // 2 writes for 'same'. @param {Axis} axis */
export const half = (axis) => Math.floor(reach(axis) / 2)

/** Elements before and after an axis of n inputs; transposed: cropped from the output (below 0: added).
 * @param {Axis} axis @param {number} n @param {boolean} [transposed] @returns {[number, number]} */
export function pads(axis, n, transposed = false) {
  if (typeof axis.padding !== 'string') return axis.padding
  const word = PADDING[axis.padding]
  return transposed ? word.crop(axis) : word.pads(axis, n)
}

/** Window positions on n inputs; transposed: elements that n inputs spread to. Throws a Refused where nothing fits.
 * @param {Axis} axis @param {number} n @param {boolean} [transposed] @returns {number} */
export function outputSize(axis, n, transposed = false) {
  const [before, after] = pads(axis, n, transposed)
  if (transposed) {
    const size = (n - 1) * axis.stride + reach(axis) - before - after + axis.output_padding
    if (n === 0) return Math.max(size, 0)
    if (size < 1) throw nothingLeft(axis, n, before + after)
    return size
  }
  if (n === 0 && keepsSize(axis)) return 0
  const room = n + before + after
  if (room < reach(axis)) throw doesNotFit(axis, n, room)
  return Math.floor((room - reach(axis)) / axis.stride) + 1
}

/** Whether its padding word makes ⌈n / stride⌉ of n inputs, transposed n·stride. @param {Axis} axis */
export const keepsSize = (axis) => typeof axis.padding === 'string' && PADDING[axis.padding].keepsSize

/** The inputs [from, to) at the end that no window reaches, because the size is rounded down.
 * @param {Axis} axis @param {number} n @param {boolean} [transposed] @returns {[number, number]} */
export function unread(axis, n, transposed = false) {
  if (transposed) return [n, n]
  const [before] = pads(axis, n)
  const end = (outputSize(axis, n) - 1) * axis.stride + reach(axis) - before
  return [Math.max(Math.min(end, n), 0), n]
}

/** Every size that a legal output_padding can choose: one, but for a transposed axis without a word.
 * @param {Axis} axis @param {number} n @param {boolean} [transposed] @returns {number[]} */
export function legalSizes(axis, n, transposed = false) {
  const size = outputSize(axis, n, transposed)
  if (!transposed || keepsSize(axis)) return [size]
  const choices = Math.max(axis.stride, axis.dilation)
  return Array.from({ length: choices }, (_, i) => size - axis.output_padding + i)
}

/** Inputs of output o, those on padding or past the ends too; transposed: whose windows cover it.
 * @param {Axis} axis @param {number} o @param {number} before @param {boolean} [transposed] @returns {number[]} */
export function reads(axis, o, before, transposed = false) {
  const taps = Array.from({ length: axis.kernel }, (_, t) => t * axis.dilation)
  if (!transposed) return taps.map((t) => o * axis.stride - before + t)
  const places = taps.map((t) => o + before - t).filter((place) => place % axis.stride === 0)
  return places.map((place) => place / axis.stride).reverse()
}

/** Inputs under one window at the most. @param {Axis} axis @param {boolean} [transposed] */
export function mostReads(axis, transposed = false) {
  if (!transposed) return axis.kernel
  return Math.ceil(axis.kernel / (axis.stride / divisor(axis.stride, axis.dilation)))
}

/** Pairs of a window and a tap that lies on an element, not on padding; transposed: not on what is cropped.
 * @param {Axis} axis @param {number} n @param {boolean} [transposed] */
export function touched(axis, n, transposed = false) {
  const [before] = pads(axis, n, transposed)
  const size = outputSize(axis, n, transposed)
  const [elements, windows] = transposed ? [size, n] : [n, size]
  let count = 0
  for (let tap = 0; tap < axis.kernel; tap++) {
    const [first, last] = inside(axis, tap, elements, before, windows)
    count += last - first
  }
  return count
}

/** Windows [first, last) whose tap lies on one of n elements.
 * @param {Axis} axis @param {number} tap @param {number} n @param {number} before @param {number} windows
 * @returns {[number, number]} */
export function inside(axis, tap, n, before, windows) {
  const offset = tap * axis.dilation - before
  const first = Math.max(Math.ceil(-offset / axis.stride), 0)
  return [first, Math.max(Math.min(Math.floor((n - 1 - offset) / axis.stride) + 1, windows), first)]
}

/** The largest that divides all. @param {...number} numbers @returns {number} */
export function divisor(...numbers) {
  return numbers.reduce((a, b) => {
    while (b) [a, b] = [b, a % b]
    return a
  }, 0)
}

/** @param {Axis} axis @param {number} n @param {number} room */
function doesNotFit(axis, n, room) {
  const { name, kernel, dilation } = axis
  const facts = {
    axis: name, reach: reach(axis), kernel, dilation, room, n, smallest: reach(axis) - (room - n),
    enough: Math.ceil((reach(axis) - n) / 2),
  }
  return refusal(
    'window-too-large',
    facts,
    say('on axis {axis} the kernel reaches over {reach} elements (kernel={kernel}, dilation={dilation}), but the input has {n}, or {room} with padding'),
    say('use an input of at least {smallest} on axis {axis}'),
    'padding={enough}',
  )
}

/** @param {Axis} axis @param {number} n @param {number} crop */
function nothingLeft(axis, n, crop) {
  const full = (n - 1) * axis.stride + reach(axis) + axis.output_padding
  const most = Math.floor((full - 1) / 2)
  return refusal(
    'crop-too-large',
    { axis: axis.name, crop, full, n, most, left: full - 2 * most },
    say('on axis {axis} the padding removes {crop} of the {full} outputs that {n} inputs give: nothing is left'),
    say('padding={most} leaves {left}'),
  )
}
