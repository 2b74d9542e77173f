/** Statistics of maps: which channels are alive, how active, how alike. No DOM. */

/** @typedef {import('./types').Maps} Maps @typedef {import('./types').Slice} Slice */

/** @param {Maps} maps @param {number} channel @param {number} row @param {number} column */
const place = (maps, channel, row, column) => (channel * maps.height + row) * maps.width + column

/** The value that a map shows at a pixel: exact to 1/255 of the channel's span.
 * @param {Maps} maps @param {number} channel @param {number} row @param {number} column */
export function valueAt(maps, channel, row, column) {
  const { low, high, bytes } = maps
  return low[channel] + (bytes[place(maps, channel, row, column)] / 255) * (high[channel] - low[channel])
}

/** One channel's values in row-major order.
 * @param {Maps} maps @param {number} channel @returns {Float64Array} */
export function valuesOf(maps, channel) {
  const area = maps.height * maps.width
  const step = (maps.high[channel] - maps.low[channel]) / 255
  const low = maps.low[channel]
  return Float64Array.from(maps.bytes.subarray(channel * area, (channel + 1) * area), (byte) => low + byte * step)
}

/** Whether the layer has values below zero: then 0 is the middle of its colours.
 * @param {Maps} maps */
export const isSigned = (maps) => (maps.signed ??= maps.low.some((low) => low < 0))

/** A channel whose map says nothing: zero everywhere, or the same number everywhere.
 * @param {Maps} maps @param {number} channel */
export function isDead(maps, channel) {
  if (maps.low[channel] === 0 && maps.high[channel] === 0) return true
  return maps.height * maps.width > 1 && maps.low[channel] === maps.high[channel]
}

/** @param {Maps} maps */
export const deadCount = (maps) => maps.low.reduce((count, _, channel) => count + Number(isDead(maps, channel)), 0)

/** Share of all the layer's values that are not zero.
 * @param {Maps} maps */
export const alight = (maps) => maps.nonzero.reduce((sum, share) => sum + share, 0) / maps.channels

/** Mean size of each channel's values, from its bytes where they have both signs.
 * @param {Maps} maps @returns {ArrayLike<number>} */
export function activity(maps) {
  if (!isSigned(maps)) return maps.mean
  const known = remembered.get(maps)
  if (known) return known
  const area = maps.height * maps.width
  const sizes = new Float64Array(maps.channels)
  for (let channel = 0; channel < maps.channels; channel++) {
    const [low, step] = affine(maps, channel)
    for (let i = channel * area; i < (channel + 1) * area; i++) sizes[channel] += Math.abs(low + maps.bytes[i] * step)
    sizes[channel] /= area
  }
  remembered.set(maps, sizes)
  return sizes
}

/** @type {WeakMap<Maps, Float64Array>} */
const remembered = new WeakMap()

/** Channels in the order that is asked for: by index, or the most active or most varied first.
 * @param {Maps} maps @param {Slice['sort']} sort @returns {number[]} */
export function order(maps, sort) {
  const channels = Array.from({ length: maps.channels }, (_, channel) => channel)
  if (sort === 'index') return channels
  const of = sort === 'activity' ? activity(maps) : maps.deviation
  return channels.sort((a, b) => of[b] - of[a] || a - b)
}

/** Cosine of two looks' maps of one layer: 1 the same, 0 nothing in common; null where shapes differ or all is zero.
 * @param {Maps} one @param {Maps} two @returns {number | null} */
export function likeness(one, two) {
  if (one.bytes.length !== two.bytes.length || one.channels !== two.channels) return null
  const area = one.height * one.width
  let dot = 0
  let first = 0
  let second = 0
  for (let channel = 0; channel < one.channels; channel++) {
    const [a, stepA] = affine(one, channel)
    const [b, stepB] = affine(two, channel)
    for (let i = channel * area; i < (channel + 1) * area; i++) {
      const x = a + one.bytes[i] * stepA
      const y = b + two.bytes[i] * stepB
      dot += x * y
      first += x * x
      second += y * y
    }
  }
  return first && second ? dot / Math.sqrt(first * second) : null
}

/** @param {Maps} maps @param {number} channel @returns {[number, number]} */
const affine = (maps, channel) => [maps.low[channel], (maps.high[channel] - maps.low[channel]) / 255]

/** The difference of two looks' maps of one layer, first minus second, as maps again.
 * @param {Maps} one @param {Maps} two @returns {Maps} */
export function difference(one, two) {
  const area = one.height * one.width
  const { channels, height, width } = one
  /** @type {Maps} */
  const maps = { channels, height, width, signed: true, ...noStatistics(channels), bytes: new Uint8Array(one.bytes.length) }
  for (let channel = 0; channel < channels; channel++) {
    const [a, stepA] = affine(one, channel)
    const [b, stepB] = affine(two, channel)
    const at = channel * area
    const values = Float64Array.from({ length: area }, (_, i) => a + one.bytes[at + i] * stepA - b - two.bytes[at + i] * stepB)
    setChannel(maps, channel, values)
  }
  return maps
}

/** @param {number} channels */
const noStatistics = (channels) => ({
  low: new Float32Array(channels),
  high: new Float32Array(channels),
  mean: new Float32Array(channels),
  deviation: new Float32Array(channels),
  nonzero: new Float32Array(channels),
})

/** Writes a channel's numbers as bytes between its lowest and highest.
 * @param {Maps} maps @param {number} channel @param {Float64Array} values */
export function setChannel(maps, channel, values) {
  let low = Infinity
  let high = -Infinity
  let sum = 0
  let squares = 0
  let other = 0
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
    sum += value
    squares += value * value
    other += Number(value !== 0)
  }
  const scale = high > low ? 255 / (high - low) : 0
  const at = channel * values.length
  for (let i = 0; i < values.length; i++) maps.bytes[at + i] = Math.round((values[i] - low) * scale)
  maps.low[channel] = low
  maps.high[channel] = high
  maps.mean[channel] = sum / values.length
  maps.deviation[channel] = Math.sqrt(Math.max(0, squares / values.length - maps.mean[channel] ** 2))
  maps.nonzero[channel] = other / values.length
}

/** Maps as Python sends them: every layer's bytes, and what is told of the channels of all, one row of a name after the other.
 * @param {{ channels: number, height: number, width: number }[]} layers @param {string[]} names @param {Uint8Array[]} bytes
 * @param {Uint8Array} told float32 @returns {Maps[]} */
export function mapsFrom(layers, names, bytes, told) {
  const numbers = new Float32Array(told.slice().buffer)
  let at = 0
  return layers.map(({ channels, height, width }, i) => {
    const statistics = names.map((name, row) => [name, numbers.subarray(at + row * channels, at + (row + 1) * channels)])
    at += channels * names.length
    return { channels, height, width, .../** @type {any} */ (Object.fromEntries(statistics)), bytes: bytes[i] }
  })
}

/** Whether all maps share their colours' ends: where it is asked for, and where a map is one pixel, which alone says nothing.
 * @param {Maps} maps @param {Slice['scale']} scale */
export const sharesEnds = ({ height, width }, scale) => scale === 'layer' || height * width === 1

/** The two ends of the colours: a signed layer's are equally far from 0, another's begin at 0.
 * @param {Maps} maps @param {number | null} channel its own ends, or those of the whole layer
 * @returns {[number, number]} */
export function ends(maps, channel) {
  const low = channel === null ? least(maps.low) : maps.low[channel]
  const high = channel === null ? most(maps.high) : maps.high[channel]
  if (!isSigned(maps)) return [0, high || 1]
  const far = Math.max(Math.abs(low), Math.abs(high)) || 1
  return [-far, far]
}

/** @param {Float32Array} numbers */
const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity)

/** @param {Float32Array} numbers */
const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity)
