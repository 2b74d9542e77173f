/** A layer's numbers: from a name, kept over a change of shape, one slice (output, input) at a time. */
import { KERNELS } from '../core/kernels.mjs'

/** @typedef {import('../types').Conv} Conv */

/** Input channels that one output channel reads. @param {Conv} conv */
export const channelsRead = (conv) => conv.in_channels / conv.groups

/** @param {Conv} conv */
export const kernelSizes = (conv) => conv.axes.map(({ kernel }) => kernel)

/** @param {Conv} conv */
export const taps = (conv) => kernelSizes(conv).reduce((product, n) => product * n, 1)

/** How many numbers the layer's kernels have. @param {Conv} conv */
export const weightCount = (conv) => conv.out_channels * channelsRead(conv) * taps(conv)

/** First input channel that an output channel reads. @param {Conv} conv @param {number} out */
export const firstChannel = (conv, out) => Math.floor(out / (conv.out_channels / conv.groups)) * channelsRead(conv)

/** Where the slice (output channel, its nth input channel) starts among the flattened weights.
 * @param {Conv} conv @param {number} out @param {number} nth */
export function sliceStart(conv, out, nth) {
  if (!conv.transposed) return (out * channelsRead(conv) + nth) * taps(conv)
  const outs = conv.out_channels / conv.groups
  return ((firstChannel(conv, out) + nth) * outs + (out % outs)) * taps(conv)
}

/** The numbers of a layer by the name of its first kernel: output 0 has that kernel, the next ones the other named
 * kernels in turn, the ones after that waves at many angles; a 1 x 1 kernel mixes the channels.
 * @param {Conv} conv @param {string} name @returns {number[]} */
export function weightsFor(conv, name) {
  const weight = new Array(weightCount(conv)).fill(0)
  if (name === 'zero') return weight
  const chance = name.startsWith('random-') ? randomFrom(Number(name.slice(7))) : null
  const scale = Math.sqrt(2 / (channelsRead(conv) * taps(conv)))
  const make = namer(conv, name)
  for (let out = 0; out < conv.out_channels; out++) {
    /** @type {Map<number, number[]>} */
    const made = new Map()
    for (let nth = 0; nth < channelsRead(conv); nth++) {
      const share = chance || taps(conv) === 1 ? nth : opponent(channelsRead(conv), out, nth)
      const numbers = made.get(share) ?? (chance ? Array.from({ length: taps(conv) }, () => rounded(normal(chance) * scale)) : make(out, nth))
      made.set(share, numbers)
      const start = sliceStart(conv, out, nth)
      for (let i = 0; i < numbers.length; i++) weight[start + i] = numbers[i]
    }
  }
  return weight
}

const rounded = (/** @type {number} */ x) => Number(x.toPrecision(3))

/** Kernels that stand beside one another: of like size, as Scharr's are not. */
const BESIDE = KERNELS.map(({ name }) => name).filter((name) => !name.startsWith('scharr'))
const LARGEST_NAMED = 3

/** Makes the slices of a layer by the name of its first kernel.
 * @param {Conv} conv @param {string} name @returns {(out: number, nth: number) => number[]} */
function namer(conv, name) {
  const sizes = kernelSizes(conv)
  const channels = channelsRead(conv)
  const first = kernelNumbers(name, sizes)
  const peak = Math.max(...first.map(Math.abs))
  const others = BESIDE.filter((each) => each !== name)
  const named = Math.max(...sizes) <= LARGEST_NAMED ? others.length : 0
  return (out, nth) => {
    if (taps(conv) === 1) return [mixing(channels, out, nth)]
    if (out === 0) return first
    if (out <= named) return kernelNumbers(others[out - 1], sizes)
    const height = peak * opponent(channels, out, nth)
    return fitted(wave(out, sizes), sizes).map((x) => rounded(x * height))
  }
}

/** Waves of colour: of four, two see all colours alike, one red against the rest, one blue.
 * @param {number} channels @param {number} out @param {number} nth */
function opponent(channels, out, nth) {
  if (channels !== 3 || out % 4 < 2) return 1
  return nth === (out % 4 === 2 ? 0 : 2) ? 1 : -0.5
}

/** Row of a mixing of channels: the mean first, then ever finer differences.
 * @param {number} channels @param {number} out @param {number} nth */
const mixing = (channels, out, nth) => rounded(Math.cos((Math.PI * (nth + 0.5) * out) / channels) / channels)

/** @param {number} out @param {number[]} sizes */
function wave(out, sizes) {
  const side = Math.max(...sizes)
  const angle = out * 2.39996
  const length = side * (0.45 + ((out * 0.618) % 1) * 0.7)
  const middle = (side - 1) / 2
  return Array.from({ length: side }, (_, i) =>
    Array.from({ length: side }, (__, j) => {
      const along = (j - middle) * Math.cos(angle) + (i - middle) * Math.sin(angle)
      const bell = Math.exp(-((i - middle) ** 2 + (j - middle) ** 2) / (2 * (side / 3.2) ** 2))
      return bell * Math.sin((2 * Math.PI * along) / length)
    }),
  )
}

/** The numbers of a named kernel at any size, flattened.
 * @param {string} name @param {number[]} sizes */
export function kernelNumbers(name, sizes) {
  const row = KERNELS.find((each) => each.name === name)
  const made = fitted(row ? rowsAt(row, Math.max(...sizes.slice(-2))) : [[0]], sizes)
  if (!['box', 'gaussian'].includes(name)) return made
  const sum = made.reduce((total, x) => total + x, 0)
  return sum ? made.map((x) => x / sum) : made
}

/** @param {typeof KERNELS[number]} row @param {number} side @returns {number[][]} */
function rowsAt(row, side) {
  const args = /** @type {Record<string, number[]>} */ ({ box: [side], motion: [side], gaussian: [0.15 * side + 0.35], log: [Math.max(side / 8, 0.5)], gabor: [side * 0.8, 0, side / 4] })
  const { shape, data } = row.make(args[row.name] ?? row.usual)
  return Array.from({ length: shape[0] }, (_, i) => data.slice(i * shape[1], (i + 1) * shape[1]))
}

/** A kernel of two axes as one of the sizes asked for, flattened: its middle where these are smaller, zeros around
 * it where they are larger; one axis takes its middle row (or column), three the mean of as many along the first.
 * @param {number[][]} rows @param {number[]} sizes @returns {number[]} */
export function fitted(rows, sizes) {
  const [high, wide] = sizes.length === 1 ? [1, sizes[0]] : sizes.slice(-2)
  const flat = placed(rows, high, wide)
  if (sizes.length < 3) return flat
  return Array.from({ length: sizes[0] }, () => flat.map((x) => x / sizes[0])).flat()
}

/** @param {number[][]} rows @param {number} high @param {number} wide @returns {number[]} */
function placed(rows, high, wide) {
  const tall = lines(rows, high)
  const columns = lines(tall[0].map((_, column) => tall.map((row) => row[column])), wide)
  return Array.from({ length: high }, (_, row) => columns.map((column) => column[row])).flat()
}

/** As many lines around the middle one. @param {number[][]} all @param {number} n @returns {number[][]} */
function lines(all, n) {
  if (n === 1) return [line(all)]
  if (n === 2 && all.length === 3) return [all[0], all[2]]
  const from = Math.floor((all.length - n) / 2)
  const zeros = all[0].map(() => 0)
  return Array.from({ length: n }, (_, i) => all[i + from] ?? zeros)
}

/** The line of a kernel that stands for all: the middle one, or its middle column where that is empty.
 * @param {number[][]} all */
function line(all) {
  const middle = all[all.length >> 1]
  return middle.some((x) => x !== 0) || all.length !== all[0].length ? middle : all.map((each) => each[each.length >> 1])
}

/** A generator of numbers between 0 and 1, the same for the same seed (mulberry32).
 * @param {number} seed */
export function randomFrom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** @param {() => number} chance */
export const normal = (chance) => Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())

/** @param {string} name */
export const isKernelName = (name) => name === 'zero' || /^random-\d{1,9}$/.test(name) || KERNELS.some((row) => row.name === name)
