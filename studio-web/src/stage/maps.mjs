import { constantOf, sourceIndex } from '../core/borders.mjs'
import { room } from './geometry.mjs'
import { kernelTone, pictureEnds, toneOf } from './tone.mjs'

/** The numbers of the stage as grids: input with its padding, one kernel, one channel of the output.
 * @typedef {import('./geometry.mjs').Geometry} Geometry
 * @typedef {import('../types').Numbers} Numbers
 * @typedef {object} Front what stands in front
 * @property {number} out output channel @property {number} channel input channel
 * @property {number[]} slices of input, kernel and output: where along the depth
 * @typedef {{ rows: number, columns: number, numbers: Float64Array, own: import('./grid.mjs').Span | undefined,
 *   margin: import('./grid.mjs').Margin | undefined }} Sheet */

/** The input's slice with all that stands around it.
 * @param {{ conv: import('../types').Conv, input: Numbers }} model @param {Geometry} geometry @param {number} channel
 * @param {number} slice may lie outside @returns {Sheet} */
export function inputSheet({ conv, input }, geometry, channel, slice) {
  const [depth, high, wide] = geometry.sides.map(({ n }) => n)
  const [, down, across] = geometry.sides.map((_, axis) => room(geometry, 'input', axis))
  const mode = geometry.transposed ? 'zeros' : conv.padding_mode
  const from = (/** @type {number} */ at, /** @type {number} */ n) => (at >= 0 && at < n ? at : sourceIndex(mode, at, n))
  const plane = from(slice, depth)
  const outside = constantOf(mode)
  const columns = Array.from({ length: across.size }, (_, column) => from(column - across.before, wide))
  const numbers = new Float64Array(down.size * across.size)
  for (let row = 0; row < down.size; row++) {
    const source = from(row - down.before, high)
    const base = ((channel * depth + plane) * high + source) * wide
    const lost = plane < 0 || source < 0
    for (let column = 0; column < across.size; column++) {
      const at = columns[column]
      numbers[row * across.size + column] = lost || at < 0 ? outside : input.data[base + at]
    }
  }
  const inside = slice >= 0 && slice < depth
  const own = inside
    ? { top: down.before, left: across.before, bottom: down.before + high, right: across.before + wide }
    : { top: 0, left: 0, bottom: 0, right: 0 }
  return { rows: down.size, columns: across.size, numbers, own, margin: marginOf(mode) }
}

/** @param {string} mode @returns {import('./grid.mjs').Margin} */
const marginOf = (mode) => (mode === 'zeros' ? 'zeros' : mode.startsWith('constant') ? 'constant' : 'copied')

/** One kernel of the weight: for an output channel and an input channel.
 * @param {{ conv: import('../types').Conv, weight: Numbers }} model @param {Geometry} geometry @param {Front} front @returns {Sheet} */
export function kernelSheet({ conv, weight }, geometry, { out, channel, slices }) {
  const [depth, rows, columns] = geometry.sides.map(({ kernel }) => kernel)
  const start = weightStart(conv, out, channel, depth * rows * columns) + slices[1] * rows * columns
  return { rows, columns, numbers: weight.data.slice(start, start + rows * columns), own: undefined, margin: undefined }
}

/** Where the kernel of an output and an input channel begins in the weight.
 * @param {import('../types').Conv} conv @param {number} out @param {number} channel @param {number} size of a kernel */
export function weightStart({ in_channels: C, out_channels: K, groups, transposed }, out, channel, size) {
  const [ins, outs] = [C / groups, K / groups]
  return (transposed ? channel * outs + (out % outs) : out * ins + (channel % ins)) * size
}

/** The input channels that an output channel reads: the first, and the one after the last.
 * @param {import('../types').Conv} conv @param {number} out @returns {[number, number]} */
export function feeding({ in_channels: C, out_channels: K, groups }, out) {
  const group = Math.floor(out / (K / groups))
  return [(group * C) / groups, ((group + 1) * C) / groups]
}

/** The output's slice; of a transposed one with what the padding cuts off around it.
 * @param {Float64Array} data one output channel @param {Geometry} geometry @param {number} slice @returns {Sheet} */
export function outputSheet(data, geometry, slice) {
  const [, high, wide] = geometry.sides.map((side) => side.out)
  const [, down, across] = geometry.sides.map((_, axis) => room(geometry, 'output', axis))
  const numbers = new Float64Array(down.size * across.size)
  const base = slice * high * wide
  for (let row = 0; row < high; row++)
    numbers.set(data.subarray(base + row * wide, base + (row + 1) * wide), (row + down.before) * across.size + across.before)
  const own = { top: down.before, left: across.before, bottom: down.before + high, right: across.before + wide }
  return { rows: down.size, columns: across.size, numbers, own, margin: 'cut' }
}

/** One output channel's numbers. @param {Numbers} output @param {number} out */
export function channelOf({ data, shape }, out) {
  const size = data.length / shape[0]
  return data.subarray(out * size, (out + 1) * size)
}

/** The tones of the three maps: the whole input's, this output channel's kernels', this output channel's.
 * @param {{ conv: import('../types').Conv, input: Numbers, weight: Numbers, output: Numbers }} model @param {number} out
 * @param {'light' | 'dark'} theme */
export function tonesOf({ conv, input, weight, output }, out, theme) {
  return {
    input: toneOf(input.data, theme, pictureEnds(input.data)),
    kernel: kernelTone(kernelsOf(conv, weight, out), theme),
    output: toneOf(channelOf(output, out), theme),
  }
}

/** The kernels of one output channel, one after the other.
 * @param {import('../types').Conv} conv @param {Numbers} weight @param {number} out */
function kernelsOf(conv, { data, shape }, out) {
  const size = shape.slice(2).reduce((all, n) => all * n, 1)
  const [first, end] = feeding(conv, out)
  const numbers = new Float64Array((end - first) * size)
  for (let channel = first; channel < end; channel++) {
    const start = weightStart(conv, out, channel, size)
    numbers.set(data.subarray(start, start + size), (channel - first) * size)
  }
  return numbers
}
