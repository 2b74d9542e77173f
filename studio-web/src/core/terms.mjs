import { pads, reach } from './axis.mjs'
import { constantOf, sourceIndex } from './borders.mjs'
import { outputShape, product } from './conv.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Numbers} Numbers @typedef {import('../types').Term} Term */

/** The products of one output cell: channel by channel, tap by tap; a transposed convolution's lie on inputs only.
 * @param {Conv} conv @param {Numbers} input @param {Numbers} weight @param {number} k @param {number[]} place
 * @returns {Term[]} */
export function gather(conv, input, weight, k, place) {
  const { in_channels: C, out_channels: K, groups, transposed } = conv
  const group = Math.floor(k / (K / groups))
  const spatial = input.shape.slice(1)
  const befores = conv.axes.map((axis, i) => pads(axis, spatial[i], transposed)[0])
  const read = combined(conv.axes.map((axis, i) => readings(axis, place[i], befores[i], spatial[i], conv)))
  const kernel = conv.axes.map((axis) => axis.kernel)
  const outside = constantOf(conv.padding_mode)
  /** @type {Term[]} */
  const terms = []
  for (let c = (group * C) / groups; c < ((group + 1) * C) / groups; c++) {
    const first = transposed ? c * (K / groups) + (k % (K / groups)) : k * (C / groups) + (c % (C / groups))
    for (const entries of read) {
      const tap = entries.map((entry) => entry.tap)
      const source = entries.some((entry) => entry.source < 0) ? null : entries.map((entry) => entry.source)
      const value = source ? input.data[c * product(spatial) + flat(source, spatial)] : outside
      const w = weight.data[first * product(kernel) + flat(tap, kernel)]
      terms.push({ channel: c, tap, place: entries.map((entry) => entry.place), source, value, weight: w, product: value * w })
    }
  }
  return terms
}

/** Where one input cell goes: every output cell that it is a part of, and the product that it brings there.
 * @param {Conv} conv @param {Numbers} input @param {Numbers} weight @param {number} channel @param {number[]} place
 * @returns {{ to: number[], k: number, tap: number[], weight: number, product: number }[]} */
export function scatter(conv, input, weight, channel, place) {
  const { in_channels: C, out_channels: K, groups, transposed } = conv
  const group = Math.floor(channel / (C / groups))
  const spatial = input.shape.slice(1)
  const [, ...sizes] = outputShape(conv, input.shape)
  const reached = combined(conv.axes.map((axis, i) => reachings(axis, place[i], spatial[i], sizes[i], conv)))
  const kernel = conv.axes.map((axis) => axis.kernel)
  const value = input.data[channel * product(spatial) + flat(place, spatial)]
  const results = []
  for (let k = (group * K) / groups; k < ((group + 1) * K) / groups; k++) {
    const first = transposed ? channel * (K / groups) + (k % (K / groups)) : k * (C / groups) + (channel % (C / groups))
    for (const entries of reached) {
      const tap = entries.map((entry) => entry.tap)
      const w = weight.data[first * product(kernel) + flat(tap, kernel)]
      results.push({ to: entries.map((entry) => entry.to), k, tap, weight: w, product: value * w })
    }
  }
  return results
}

/** The sum of the products of each input channel, in order. @param {Term[]} terms
 * @returns {{ channel: number, sum: number, count: number }[]} */
export function partialSums(terms) {
  /** @type {Map<number, { channel: number, sum: number, count: number }>} */
  const sums = new Map()
  for (const { channel, product: part } of terms) {
    const entry = sums.get(channel) ?? { channel, sum: 0, count: 0 }
    entry.sum += part
    entry.count += 1
    sums.set(channel, entry)
  }
  return [...sums.values()]
}

/** The place of an index in row-major order. @param {number[]} index @param {number[]} sizes */
export const flat = (index, sizes) => index.reduce((at, i, axis) => at * sizes[axis] + i, 0)

/** @param {import('../types').Axis} axis @param {number} o @param {number} before @param {number} n @param {Conv} conv */
function readings(axis, o, before, n, { transposed, padding_mode: mode }) {
  const entries = []
  for (let tap = 0; tap < axis.kernel; tap++) {
    const at = transposed ? (o + before - tap * axis.dilation) / axis.stride : o * axis.stride - before + tap * axis.dilation
    if (transposed && (!Number.isInteger(at) || at < 0 || at >= n)) continue
    entries.push({ tap, place: at, source: sourceIndex(transposed ? 'zeros' : mode, at, n) })
  }
  return entries
}

/** @param {import('../types').Axis} axis @param {number} i @param {number} n @param {number} m @param {Conv} conv */
function reachings(axis, i, n, m, { transposed, padding_mode: mode }) {
  const [before, after] = pads(axis, n, transposed)
  const entries = []
  if (transposed) {
    for (let tap = 0; tap < axis.kernel; tap++) entries.push({ tap, to: i * axis.stride + tap * axis.dilation - before })
    return entries.filter(({ to }) => to >= 0 && to < m)
  }
  const end = Math.max(n + after, (m - 1) * axis.stride + reach(axis) - before)
  for (let place = -before; place < end; place++) {
    if (sourceIndex(mode, place, n) !== i) continue
    for (let tap = 0; tap < axis.kernel; tap++) entries.push({ tap, to: (place + before - tap * axis.dilation) / axis.stride })
  }
  return entries.filter(({ to }) => Number.isInteger(to) && to >= 0 && to < m)
}

/** One entry of each list, in every way, the last list turning fastest.
 * @template T @param {T[][]} lists @returns {T[][]} */
function combined(lists) {
  return lists.reduce((rows, list) => rows.flatMap((row) => list.map((entry) => [...row, entry])), /** @type {T[][]} */ ([[]]))
}
