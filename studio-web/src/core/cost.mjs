import { mostReads, touched } from './axis.mjs'
import { outputShape, product, weightShape } from './conv.mjs'

/** @typedef {import('../types').Conv} Conv */

/** What a convolution costs on an input [C, …sizes], and the fully connected layer that it replaces.
 * @param {Conv} conv @param {number[]} shape */
export function costOf(conv, shape) {
  const output = outputShape(conv, shape)
  const spatial = shape.slice(-conv.axes.length)
  const weights = product(weightShape(conv))
  const params = weights + (conv.bias ? conv.out_channels : 0)
  const macs = product(conv.transposed ? spatial : output.slice(1)) * weights
  const taps = product(conv.axes.map((axis, i) => touched(axis, spatial[i], conv.transposed)))
  const fullWeights = product(shape) * product(output)
  return {
    weights,
    params,
    macs,
    /** Multiply-adds whose tap lies on an input, not on padding. */
    touched: product(weightShape(conv).slice(0, 2)) * taps,
    flops: 2 * macs,
    bytes: 4 * (product(shape) + product(output) + params),
    /** Products in one output at the most. */
    connections: (conv.in_channels / conv.groups) * product(conv.axes.map((axis) => mostReads(axis, conv.transposed))),
    /** Inputs that a fully connected output reads. */
    inputs: product(shape),
    outputs: product(output),
    fullWeights,
    /** How many times more weights a fully connected layer has. */
    ratio: weights ? fullWeights / weights : Infinity,
  }
}
