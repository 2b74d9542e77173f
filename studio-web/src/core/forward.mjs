import { inside, pads } from './axis.mjs'
import { constantOf, sourceIndex } from './borders.mjs'
import { outputShape, product } from './conv.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Numbers} Numbers */
/** @typedef {{ kernel: number, stride: number, dilation: number, before: number, n: number, m: number }} Line */

/** The convolution of an input [C, …sizes] with a weight, and a bias a channel: [K, …sizes].
 * Throws a Refused where the input does not fit.
 * @param {Conv} conv @param {Numbers} input @param {Numbers} weight @param {Float64Array | null} bias @returns {Numbers} */
export function forward(conv, input, weight, bias) {
  const shape = outputShape(conv, input.shape)
  const data = new Float64Array(product(shape))
  const size = product(shape.slice(1))
  if (bias) for (let k = 0; k < shape[0]; k++) data.fill(bias[k], k * size, (k + 1) * size)
  const lines = threeLines(conv, input.shape, shape)
  if (conv.transposed) spread(conv, input.data, weight.data, lines, data)
  else gathered(conv, extended(conv, input, lines), weight.data, lines, data)
  return { data, shape }
}

/** The axes, with axes of one element before them where there are fewer than three.
 * @param {Conv} conv @param {number[]} input @param {number[]} output @returns {Line[]} */
function threeLines(conv, input, output) {
  const lines = conv.axes.map((axis, i) => {
    const { kernel, stride, dilation } = axis
    return { kernel, stride, dilation, before: pads(axis, input[i + 1], conv.transposed)[0], n: input[i + 1], m: output[i + 1] }
  })
  const none = { kernel: 1, stride: 1, dilation: 1, before: 0, n: 1, m: 1 }
  return [...Array.from({ length: 3 - lines.length }, () => none), ...lines]
}

/** The input as far as the windows reach, with what lies past its edges.
 * @param {Conv} conv @param {Numbers} input @param {Line[]} lines */
function extended(conv, input, lines) {
  const sizes = lines.map(({ kernel, stride, dilation, m }) => Math.max((m - 1) * stride + dilation * (kernel - 1) + 1, 0))
  const maps = lines.map(({ before, n }, i) => Int32Array.from({ length: sizes[i] }, (_, at) => sourceIndex(conv.padding_mode, at - before, n)))
  const [deep, high, wide] = lines.map(({ n }) => n)
  const data = new Float64Array(conv.in_channels * product(sizes)).fill(constantOf(conv.padding_mode))
  let to = 0
  for (let c = 0; c < conv.in_channels; c++)
    for (const d of maps[0])
      for (const h of maps[1]) {
        const from = ((c * deep + d) * high + h) * wide
        if (d >= 0 && h >= 0) maps[2].forEach((w, i) => w >= 0 && (data[to + i] = input.data[from + w]))
        to += sizes[2]
      }
  return { data, sizes }
}

/** @param {Conv} conv @param {{ data: Float64Array, sizes: number[] }} room @param {Float64Array} weight
 * @param {Line[]} lines @param {Float64Array} output */
function gathered({ in_channels: C, out_channels: K, groups }, room, weight, lines, output) {
  const [deep, high, wide] = lines
  const [, roomHigh, roomWide] = room.sizes
  const plane = product(room.sizes)
  const each = C / groups
  for (let k = 0; k < K; k++) {
    const group = Math.floor(k / (K / groups))
    for (let d = 0; d < deep.m; d++)
      for (let h = 0; h < high.m; h++) {
        const to = ((k * deep.m + d) * high.m + h) * wide.m
        let at = k * each * deep.kernel * high.kernel * wide.kernel
        for (let c = 0; c < each; c++)
          for (let kd = 0; kd < deep.kernel; kd++)
            for (let kh = 0; kh < high.kernel; kh++) {
              const row = (d * deep.stride + kd * deep.dilation) * roomHigh + h * high.stride + kh * high.dilation
              addRow(output, to, room.data, (group * each + c) * plane + row * roomWide, weight, at, wide)
              at += wide.kernel
            }
      }
  }
}

/** Adds one row of the kernel's products to one row of the output.
 * @param {Float64Array} output @param {number} to @param {Float64Array} room @param {number} from
 * @param {Float64Array} weight @param {number} at @param {Line} line */
function addRow(output, to, room, from, weight, at, { kernel, stride, dilation, m }) {
  let tap = 0
  if (stride === 1)
    for (; tap + 3 <= kernel; tap += 3) {
      const [a, b, c] = [weight[at + tap], weight[at + tap + 1], weight[at + tap + 2]]
      const first = from + tap * dilation
      const second = first + dilation
      const third = second + dilation
      for (let i = 0; i < m; i++) output[to + i] += a * room[first + i] + b * room[second + i] + c * room[third + i]
    }
  for (; tap < kernel; tap++) {
    const w = weight[at + tap]
    const start = from + tap * dilation
    for (let i = 0; i < m; i++) output[to + i] += w * room[start + i * stride]
  }
}

/** Every input lays its window into the output. @param {Conv} conv @param {Float64Array} input
 * @param {Float64Array} weight @param {Line[]} lines @param {Float64Array} output */
function spread({ in_channels: C, out_channels: K, groups }, input, weight, lines, output) {
  const [deep, high, wide] = lines
  const each = K / groups
  const taps = product(lines.map(({ kernel }) => kernel))
  for (let c = 0; c < C; c++) {
    const group = Math.floor(c / (C / groups))
    for (let k = 0; k < each; k++)
      for (let tap = 0; tap < taps; tap++) {
        const w = weight[(c * each + k) * taps + tap]
        const kd = Math.floor(tap / (high.kernel * wide.kernel))
        const kh = Math.floor(tap / wide.kernel) % high.kernel
        const [d, h, x] = [kd, kh, tap % wide.kernel].map((t, i) => stretch(lines[i], t))
        for (let i = d.first; i < d.last; i++)
          for (let j = h.first; j < h.last; j++) {
            const from = ((c * deep.n + i) * high.n + j) * wide.n
            const row = ((group * each + k) * deep.m + i * deep.stride + d.offset) * high.m + j * high.stride + h.offset
            const to = row * wide.m + x.offset
            for (let l = x.first; l < x.last; l++) output[to + l * wide.stride] += w * input[from + l]
          }
      }
  }
}

/** The inputs whose tap lies on an output, and how far from it. @param {Line} line @param {number} tap */
function stretch(line, tap) {
  const axis = { ...line, name: '', padding: '', output_padding: 0 }
  const [first, last] = inside(axis, tap, line.m, line.before, line.n)
  return { first, last, offset: tap * line.dilation - line.before }
}
