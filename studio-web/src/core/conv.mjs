import { outputSize, pads } from './axis.mjs'
import { refusal, say, tried } from './sentence.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Words} Words */

const LARGEST_SIZE = 2 ** 31 - 1

/** The output's shape [K, …sizes] for an input [C, …sizes]; throws a Refused where it does not fit.
 * @param {Conv} conv @param {number[]} shape @returns {number[]} */
export function outputShape(conv, shape) {
  const spatial = fitted(conv, shape)
  const sizes = conv.axes.map((axis, i) => outputSize(axis, spatial[i], conv.transposed))
  if (Math.max(...sizes) > LARGEST_SIZE)
    throw refusal('absurd-output', { sizes, largest: LARGEST_SIZE }, say('the output would be {sizes}; the largest size accepted is {largest}'))
  checkBorder(conv, spatial)
  return [conv.out_channels, ...sizes]
}

/** What is wrong with an input of this shape, with ways out; null where all is well.
 * @param {Conv} conv @param {number[]} shape @returns {null | { error: Words, ways: Words[], code: string }} */
export function check(conv, shape) {
  const { refused } = tried(() => outputShape(conv, shape))
  return refused && { error: refused.words, ways: refused.ways, code: refused.code }
}

/** [K, C / groups, …kernel], transposed [C, K / groups, …kernel]. @param {Conv} conv @returns {number[]} */
export function weightShape({ in_channels: C, out_channels: K, groups, axes, transposed }) {
  const kernel = axes.map(({ kernel }) => kernel)
  return transposed ? [C, K / groups, ...kernel] : [K, C / groups, ...kernel]
}

/** Before and after on each axis of an input [C, …sizes]. @param {Conv} conv @param {number[]} shape */
export function padsOf(conv, shape) {
  return conv.axes.map((axis, i) => pads(axis, shape[i + 1], conv.transposed))
}

/** The product of sizes. @param {number[]} sizes */
export const product = (sizes) => sizes.reduce((all, size) => all * size, 1)

/** @param {Conv} conv @param {number[]} shape @returns {number[]} the spatial sizes */
function fitted(conv, shape) {
  const rank = conv.axes.length
  if (shape.length - rank !== 1 && shape.length - rank !== 2)
    throw refusal(
      'wrong-dimensions',
      { shape, count: shape.length, rank, batched: rank + 2, unbatched: rank + 1 },
      say('the input {shape} has {count} axes; {rank} spatial axes need {batched} (batch, channels, sizes) or {unbatched} (channels, sizes)'),
    )
  const C = shape[shape.length - rank - 1]
  if (C !== conv.in_channels) throw wrongChannels(shape, C, conv.in_channels, rank)
  return shape.slice(-rank)
}

/** @param {number[]} shape @param {number} C @param {number} expected @param {number} rank */
function wrongChannels(shape, C, expected, rank) {
  if (shape[shape.length - 1] === expected && shape.length === rank + 2) {
    const order = [0, rank + 1, ...Array.from({ length: rank }, (_, i) => i + 1)]
    return refusal(
      'channels-last',
      { shape, C, expected, order, moved: order.map((i) => shape[i]) },
      say('the input {shape} has {C} channels on axis 1, but {expected} are expected'),
      say('the channels are last: permute{order} (in NumPy: transpose) gives {moved}'),
    )
  }
  return refusal(
    'wrong-channels',
    { shape, C, expected, axis: shape.length - rank - 1 },
    say('the input {shape} has {C} channels on axis {axis}, but {expected} are expected'),
  )
}

/** @param {Conv} conv @param {number[]} spatial */
function checkBorder(conv, spatial) {
  const mode = conv.padding_mode
  if (mode === 'zeros' || mode.startsWith('constant')) return
  conv.axes.forEach((axis, i) => {
    const n = spatial[i]
    if (n === 0 && pads(axis, n).some(Boolean) && outputSize(axis, n))
      throw refusal(
        'border-of-nothing',
        { axis: axis.name, mode },
        say('axis {axis} has 0 elements, so padding mode {mode!r} has nothing to copy from'),
        "padding_mode='zeros'",
      )
  })
}
