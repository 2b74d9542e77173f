/** A convolution on three axes: a strip has one row, a picture one slice.
 * @typedef {import('../types').Conv} Conv @typedef {import('../types').Numbers} Numbers
 * @typedef {{ kernel: number, stride: number, dilation: number, reach: number, before: number, after: number,
 *   n: number, out: number }} Side one axis with its sizes; before and after are padding, or what a transposed one cuts off
 * @typedef {{ sides: [Side, Side, Side], rank: number, transposed: boolean }} Geometry
 * @typedef {{ from: number, to: number, cells: number[] }} Reach along one axis: the whole, and what is touched of it
 * @typedef {{ input: Reach[], kernel: Reach[], output: Reach[] }} Windows */

/** @param {{ conv: Conv, input: Numbers, output: Numbers, pads: [number, number][] }} model @returns {Geometry} */
export function geometry({ conv, input, output, pads }) {
  const rank = conv.axes.length
  const sides = conv.axes.map(({ kernel, stride, dilation }, i) => ({
    kernel, stride, dilation,
    reach: dilation * (kernel - 1) + 1,
    before: pads[i][0],
    after: pads[i][1],
    n: input.shape[i + 1],
    out: output.shape[i + 1],
  }))
  const flat = { kernel: 1, stride: 1, dilation: 1, reach: 1, before: 0, after: 0, n: 1, out: 1 }
  while (sides.length < 3) sides.unshift(flat)
  return { sides: /** @type {[Side, Side, Side]} */ (sides), rank, transposed: conv.transposed }
}

/** Slice, row, column of a place; and back.
 * @param {number[]} place */
export const lift = (place) => [...Array(Math.max(0, 3 - place.length)).fill(0), ...place]
/** @param {number[]} place @param {number} rank */
export const lower = (place, rank) => place.slice(3 - rank)

/** What the window covers on input, kernel and output, at one output cell (gather) or one input cell (scatter).
 * @param {Geometry} geometry @param {number[]} place slice, row, column @param {'gather' | 'scatter'} view @returns {Windows} */
export function windowsAt({ sides, transposed }, place, view) {
  const each = sides.map((side, i) => {
    if (!transposed) return slide(side, place[i])
    return view === 'scatter' ? paint(side, place[i]) : collect(side, place[i])
  })
  return { input: each.map(({ input }) => input), kernel: each.map(({ kernel }) => kernel), output: each.map(({ output }) => output) }
}

/** @param {Side} side @param {number} at */
function slide(side, at) {
  const from = at * side.stride - side.before
  return { input: taps(side, from), kernel: whole(side.kernel), output: one(at) }
}

/** @param {Side} side @param {number} at */
function paint(side, at) {
  const from = at * side.stride - side.before
  return { input: one(at), kernel: whole(side.kernel), output: taps(side, from) }
}

/** @param {Side} side @param {number} at */
function collect({ kernel, stride, dilation, before, n }, at) {
  const found = []
  for (let tap = kernel - 1; tap >= 0; tap--) {
    const moved = at + before - tap * dilation
    if (moved >= 0 && moved % stride === 0 && moved / stride < n) found.push({ tap, cell: moved / stride })
  }
  return { input: around(found.map(({ cell }) => cell)), kernel: around(found.map(({ tap }) => tap).reverse()), output: one(at) }
}

/** @param {Side} side @param {number} from @returns {Reach} */
const taps = ({ kernel, dilation, reach }, from) => ({
  from, to: from + reach, cells: Array.from({ length: kernel }, (_, tap) => from + tap * dilation),
})
/** @param {number} at @returns {Reach} */
const one = (at) => ({ from: at, to: at + 1, cells: [at] })
/** @param {number} size @returns {Reach} */
const whole = (size) => ({ from: 0, to: size, cells: Array.from({ length: size }, (_, i) => i) })
/** @param {number[]} cells in order @returns {Reach} */
const around = (cells) => (cells.length ? { from: cells[0], to: cells[cells.length - 1] + 1, cells } : { from: 0, to: 0, cells })

/** How many cells the window can stand at along each axis: outputs, or inputs where it scatters.
 * @param {Geometry} geometry @param {'gather' | 'scatter'} view */
export const domain = ({ sides, transposed }, view) => sides.map(({ n, out }) => (transposed && view === 'scatter' ? n : out))

/** The place within the domain. @param {number[]} place @param {number[]} sizes */
export const within = (place, sizes) => place.map((at, i) => Math.min(Math.max(Math.round(at), 0), sizes[i] - 1))

/** The number of a place in reading order, and back. @param {number[]} place @param {number[]} sizes */
export const indexOf = ([slice, row, column], [, rows, columns]) => (slice * rows + row) * columns + column
/** @param {number} index @param {number[]} sizes */
export const placeOf = (index, [, rows, columns]) => [
  Math.floor(index / (rows * columns)), Math.floor(index / columns) % rows, index % columns,
]

/** What the last window along an axis does not reach, counted from the input's first element (padding included).
 * @param {Side} side @returns {[number, number]} */
export const unread = ({ stride, reach, before, after, n, out }) => [(out - 1) * stride + reach - before, n + after]

/** What of the padded input or of the whole painted output is there: its size and where its own part begins.
 * @param {Geometry} geometry @param {'input' | 'output'} name @param {number} axis */
export function room({ sides, transposed }, name, axis) {
  const { before, after, n, out } = sides[axis]
  const own = name === 'input' ? n : out
  if ((name === 'output') !== transposed) return { own, before: 0, size: own }
  return { own, before: Math.max(before, 0), size: own + Math.max(before, 0) + Math.max(after, 0) }
}
