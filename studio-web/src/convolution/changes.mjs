/** What a visitor does to the slice: each gives the changes, nothing is done twice anywhere else. */
import { writeRecipe } from '../core/spell.mjs'
import { biasOf } from './slice.mjs'
import { channelsRead, fitted, kernelNumbers, kernelSizes, sliceStart, taps, weightsFor } from './weights.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice @typedef {import('../types').Conv} Conv */

/** Another layer, with the numbers it keeps.
 * @param {Slice} slice @param {Conv} conv @returns {Partial<Slice>} */
export function layered(slice, conv) {
  const before = slice.conv
  const isSame = writeRecipe(before) === writeRecipe(conv)
  if (isSame) return { error: null }
  const place = conv.axes.length === before.axes.length ? slice.place : conv.axes.map(() => 0)
  return {
    conv,
    error: null,
    ...carried(slice, conv),
    out: Math.min(slice.out, conv.out_channels - 1),
    channel: Math.min(slice.channel, conv.in_channels - 1),
    place,
    view: conv.transposed ? slice.view : 'gather',
  }
}

/** The numbers for another shape: by name, with the slices that were changed by hand put into the middle.
 * @param {Slice} slice @param {Conv} conv @returns {Pick<Slice, 'kernel' | 'weight' | 'bias'>} */
function carried({ conv: before, kernel, base, weight, bias }, conv) {
  const fresh = weightsFor(conv, base)
  const bound = biasOf(conv).map((_, k) => bias[k] ?? 0)
  if (kernel !== 'own') return { kernel, weight: fresh, bias: bound }
  const named = weightsFor(before, base)
  const size = taps(before)
  for (let out = 0; out < Math.min(before.out_channels, conv.out_channels); out++)
    for (let nth = 0; nth < Math.min(channelsRead(before), channelsRead(conv)); nth++) {
      const from = sliceStart(before, out, nth)
      const own = weight.slice(from, from + size)
      if (own.every((value, i) => value === named[from + i])) continue
      resized(own, before, conv).forEach((value, i) => (fresh[sliceStart(conv, out, nth) + i] = value))
    }
  return { kernel, weight: fresh, bias: bound }
}

/** @param {number[]} own @param {Conv} before @param {Conv} conv */
function resized(own, before, conv) {
  const [from, to] = [kernelSizes(before), kernelSizes(conv)]
  if (String(from) === String(to)) return own
  const wide = from[from.length - 1]
  const high = from.length === 1 ? 1 : from[from.length - 2]
  const start = from.length === 3 ? (from[0] >> 1) * high * wide : 0
  const rows = Array.from({ length: high }, (_, i) => own.slice(start + i * wide, start + (i + 1) * wide))
  return fitted(rows, to)
}

/** One number of the kernels; `together` changes the same place for every input channel of its output.
 * @param {Slice} slice @param {number} index @param {number} value @returns {Partial<Slice>} */
export function withNumber(slice, index, value) {
  if (slice.weight[index] === value) return {}
  const weight = slice.weight.slice()
  weight[index] = value
  return { weight, kernel: 'own' }
}

/** Other numbers for the slice in front, or for all input channels of the output in front.
 * @param {Slice} slice @param {number[]} numbers @param {boolean} together @returns {Partial<Slice>} */
export function withSlice(slice, numbers, together) {
  const { conv, out } = slice
  const weight = slice.weight.slice()
  for (let nth = 0; nth < channelsRead(conv); nth++)
    if (together || nth === nthOf(slice)) numbers.forEach((value, i) => (weight[sliceStart(conv, out, nth) + i] = value))
  return { weight, kernel: 'own' }
}

/** A kernel by name: for the whole layer where it has one output, else for the output in front.
 * @param {Slice} slice @param {string} name @param {boolean} together @returns {Partial<Slice>} */
export function withNamed(slice, name, together) {
  const { conv } = slice
  if (conv.out_channels === 1 && (together || channelsRead(conv) === 1)) return { kernel: name, base: name, weight: weightsFor(conv, name) }
  if (name === 'zero') return withSlice(slice, new Array(taps(conv)).fill(0), together)
  return withSlice(slice, kernelNumbers(name, kernelSizes(conv)), together)
}

/** Which of the input channels that its output reads stands in front. @param {Slice} slice */
export function nthOf({ conv, channel }) {
  return channel % channelsRead(conv)
}
