import { outputShape } from '../core/conv.mjs'
import { forward } from '../core/forward.mjs'
import { channelsRead, firstChannel, sliceStart, taps } from './weights.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Numbers} Numbers */

/** Milliseconds of summing before a frame is drawn again. */
const PATIENCE = 24

/** The output of a layer, channel by channel; channels whose numbers are as before are taken over.
 * @param {Conv} conv @param {Numbers} input @param {Numbers} weight @param {Float64Array | null} bias @param {any} [before] */
export function startOutput(conv, input, weight, bias, before) {
  const shape = outputShape(conv, input.shape)
  const plane = shape.slice(1).reduce((all, n) => all * n, 1)
  const output = { data: new Float64Array(shape[0] * plane), shape }
  const done = new Uint8Array(shape[0])
  const work = { conv, input, weight, bias, plane, output, done }
  if (before) takeOver(work, before.work)
  return { output, work, go: (/** @type {number} */ front) => fill(work, front) }
}

/** @typedef {{ conv: Conv, input: Numbers, weight: Numbers, bias: Float64Array | null, plane: number, output: Numbers, done: Uint8Array }} Work */

/** Sums the channel in front, then others until patience ends; true where all are done.
 * @param {Work} work @param {number} front */
function fill(work, front) {
  const end = performance.now() + PATIENCE
  const { done } = work
  if (!done[front]) sum(work, front)
  for (let out = 0; out < done.length; out++) {
    if (performance.now() > end) return done.every(Boolean)
    if (!done[out]) sum(work, out)
  }
  return true
}

/** @param {Work} work @param {number} out */
function sum({ conv, input, weight, bias, plane, output, done }, out) {
  const each = channelsRead(conv)
  const size = input.data.length / conv.in_channels
  const first = firstChannel(conv, out)
  const part = { data: input.data.subarray(first * size, (first + each) * size), shape: [each, ...input.shape.slice(1)] }
  const single = { ...conv, in_channels: each, out_channels: 1, groups: 1 }
  const kernel = { data: kernelsOf(conv, weight, out), shape: [] }
  const { data } = forward(single, part, kernel, bias && bias.subarray(out, out + 1))
  output.data.set(data, out * plane)
  done[out] = 1
}

/** @param {Conv} conv @param {Numbers} weight @param {number} out */
function kernelsOf(conv, weight, out) {
  const size = taps(conv)
  const numbers = new Float64Array(channelsRead(conv) * size)
  for (let nth = 0; nth < channelsRead(conv); nth++) {
    const start = sliceStart(conv, out, nth)
    numbers.set(weight.data.subarray(start, start + size), nth * size)
  }
  return numbers
}

/** @param {Work} work @param {Work} before */
function takeOver(work, before) {
  for (let out = 0; out < work.done.length; out++) {
    const isAsBefore = before.done[out] && work.bias?.[out] === before.bias?.[out]
    if (!isAsBefore || !equal(kernelsOf(work.conv, work.weight, out), kernelsOf(before.conv, before.weight, out))) continue
    work.output.data.set(before.output.data.subarray(out * work.plane, (out + 1) * work.plane), out * work.plane)
    work.done[out] = 1
  }
}

/** @param {Float64Array} a @param {Float64Array} b */
const equal = (a, b) => a.every((value, i) => value === b[i])
