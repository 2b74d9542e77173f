import { forward } from '../../core/forward.mjs'

/** @typedef {import('../../types').Conv} Conv @typedef {import('../../types').Axis} Axis @typedef {import('../../types').Numbers} Numbers */
/** @typedef {import('../explain/explain.mjs').Model} Model */

/** The layer's channel in front as a layer of its own on the channels that it reads, perhaps padded in another way.
 * @param {Model} model @param {number} out @param {(axis: Axis) => Axis} [padded] @param {Numbers} [input] @returns {Numbers} */
export function oneChannel({ conv, input: own, weight }, out, padded = (axis) => axis, input = own) {
  const each = conv.in_channels / conv.groups
  const first = Math.floor(out / (conv.out_channels / conv.groups)) * each
  const area = input.data.length / conv.in_channels
  const taps = weight.data.length / conv.out_channels
  const single = { ...conv, in_channels: each, out_channels: 1, groups: 1, bias: false, axes: conv.axes.map(padded) }
  const x = { data: input.data.subarray(first * area, (first + each) * area), shape: [each, ...input.shape.slice(1)] }
  const w = { data: weight.data.subarray(out * taps, (out + 1) * taps), shape: [1, ...weight.shape.slice(1)] }
  return forward(single, x, w, null)
}

/** A layer of pictures that is not transposed: what some views are about. @param {Conv} conv */
export const isPlain = (conv) => conv.axes.length === 2 && !conv.transposed

/** One map less another, and how many numbers differ. @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function difference(a, b) {
  const data = Float64Array.from(a, (value, i) => value - b[i])
  return { data, count: data.filter((value) => value !== 0).length }
}
