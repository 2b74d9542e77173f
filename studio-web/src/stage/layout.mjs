import { crisp } from './pen.mjs'

/** Where the maps lie. Pure: sizes in, boxes out, all in page pixels.
 * @typedef {import('./pen.mjs').Box} Box
 * @typedef {Box & { cell: number, tall: number }} Seat a map's box and its cell
 * @typedef {object} Wish
 * @property {number} width of the stage
 * @property {number} room height that a map may take
 * @property {number} rank
 * @property {[number, number]} input rows and columns, padding included
 * @property {[number, number]} kernel
 * @property {[number, number]} output
 * @property {number} ratio real pixels a page pixel
 * @property {number} foot height under a map for its legend and a note
 * @property {{ input: boolean, output: boolean }} stacks which maps have channels behind them
 * @typedef {{ across: boolean, width: number, height: number, input: Seat, patch: Seat | null, kernel: Seat, output: Seat,
 *   signs: { text: string, x: number, y: number }[] }} Layout */

export const TITLE = 24
export const STACK = 12
const NARROW = 440
const GAP = 36
const LEAST = 22
/** Between what the window sees and the kernel under it. */
const BETWEEN = 36

/** @param {Wish} wish @returns {Layout} */
export function layout(wish) {
  if (wish.rank === 1) return strips(wish)
  return wish.width >= NARROW ? across(wish) : below(wish)
}

/** Input, window over kernel, output, on one line of sight.
 * @param {Wish} wish @returns {Layout} */
function across(wish) {
  const { width, room, input, kernel, output, ratio, stacks } = wish
  const [rows, columns] = kernel
  const high = Math.max(room, 200)
  const margin = (stacks.input ? STACK : 0) + (stacks.output ? STACK : 0)
  const { small, paired, cells } = bestKernel(wish, high, margin)
  const middle = { width: columns * small, height: rows * small * (paired ? 2 : 1) + (paired ? BETWEEN : 0) }
  const tall = Math.max(input[0] * cells.input, output[0] * cells.output, middle.height)
  const used = input[1] * cells.input + output[1] * cells.output + middle.width + 2 * GAP + margin
  const left = Math.max(1, Math.floor((width - used) / 2))
  const lift = stacks.input || stacks.output ? STACK : 0
  const centre = TITLE + lift + tall / 2
  const seat = (/** @type {number} */ x, /** @type {number[]} */ size, /** @type {number} */ cell, y = centre - (size[0] * cell) / 2) =>
    seatOf(snap(x, ratio), snap(y, ratio), size, cell)
  const first = seat(left, input, cells.input)
  const kernelX = first.x + first.width + (stacks.input ? STACK : 0) + GAP
  const top = centre - middle.height / 2
  const patch = paired ? seat(kernelX, kernel, small, top) : null
  const second = seat(kernelX, kernel, small, paired ? top + rows * small + BETWEEN : top)
  const third = seat(kernelX + middle.width + GAP, output, cells.output)
  const signs = [
    { text: '∗', x: kernelX - GAP / 2, y: centre },
    { text: '=', x: kernelX + middle.width + GAP / 2, y: centre },
  ]
  return { across: true, width, height: Math.ceil(TITLE + lift + tall + wish.foot), input: first, patch, kernel: second, output: third, signs }
}

/** The kernel's cell: as wished, or a little less where that makes the maps larger.
 * @param {Wish} wish @param {number} high @param {number} margin */
function bestKernel({ width, input, kernel: [rows, columns], output, ratio }, high, margin) {
  const wished = clamp(width * 0.052, 30, 84)
  const both = Math.min(wished, (width * 0.3) / columns, (high - BETWEEN) / (2 * rows))
  const paired = both >= LEAST
  const most = paired ? both : Math.min(wished, (width * 0.34) / columns, high / rows)
  const tried = [1, 0.9, 0.8, 0.72].map((part) => {
    const small = crisp(paired ? Math.max(most * part, LEAST) : most * part, ratio)
    return { small, paired, cells: share(width - columns * small - 2 * GAP - margin - 4, high, input, output, ratio) }
  })
  return tried.reduce((best, one) => (one.cells.input > best.cells.input * 1.08 ? one : best))
}

/** Cells of input and output side by side: alike where both fit so, the smaller one larger where it would be tiny.
 * @param {number} free @param {number} high @param {[number, number]} input @param {[number, number]} output @param {number} ratio */
function share(free, high, input, output, ratio) {
  const scale = (/** @type {[number, number]} */ map, /** @type {[number, number]} */ other) => Math.max(1, (0.62 * Math.max(...other)) / Math.max(...map))
  const [first, second] = [scale(input, output), scale(output, input)]
  const cell = Math.min(
    free / (input[1] * first + output[1] * second),
    high / Math.max(input[0] * first, output[0] * second),
    96,
  )
  return { input: crisp(Math.min(cell * first, 96), ratio), output: crisp(Math.min(cell * second, 96), ratio) }
}

/** Input and output side by side, window and kernel below them, for narrow places: all is seen at once.
 * @param {Wish} wish @returns {Layout} */
function below({ width, room, input, kernel, output, ratio, stacks, foot }) {
  const [rows, columns] = kernel
  const margin = (stacks.input ? STACK : 0) + (stacks.output ? STACK : 0)
  const cells = share(width - 4 - GAP / 2 - margin, room, input, output, ratio)
  const both = Math.min(44, (width - GAP - 2) / (2 * columns))
  const paired = both >= LEAST
  const small = crisp(paired ? both : Math.min(44, (width - 2) / columns), ratio)
  const lift = margin ? STACK : 0
  const tall = Math.max(input[0] * cells.input, output[0] * cells.output)
  const top = (/** @type {number} */ height) => snap(TITLE + lift + (tall - height) / 2, ratio)
  const free = width - 2 - input[1] * cells.input - output[1] * cells.output - margin
  const edge = snap(1 + Math.max(0, free - 2 * GAP) / 2, ratio)
  const first = seatOf(edge, top(input[0] * cells.input), input, cells.input)
  const right = snap(width - edge - (stacks.output ? STACK : 0) - output[1] * cells.output, ratio)
  const third = seatOf(right, top(output[0] * cells.output), output, cells.output)
  const kernelTop = snap(TITLE + lift + tall + foot + TITLE + 8, ratio)
  const used = columns * small * (paired ? 2 : 1) + (paired ? GAP : 0)
  const start = snap(Math.max(1, (width - used) / 2), ratio)
  const patch = paired ? seatOf(start, kernelTop, kernel, small) : null
  const second = seatOf(paired ? snap(start + columns * small + GAP, ratio) : start, kernelTop, kernel, small)
  const signs = [{ text: '=', x: (second.x + second.width + third.x + third.width) / 2, y: kernelTop - TITLE }]
  return { across: false, width, height: Math.ceil(kernelTop + rows * small + foot), input: first, patch, kernel: second, output: third, signs }
}

/** A row of numbers: bars, input above, kernel, output.
 * @param {Wish} wish @returns {Layout} */
function strips({ width, room, input, kernel, output, ratio, stacks, foot }) {
  const tall = snap(clamp(room * 0.24, 64, 160), ratio)
  const longest = Math.max(input[1], output[1])
  const cell = crisp(Math.min((width - 2 - STACK) / longest, 56), ratio)
  const both = Math.min(56, (width - GAP - 2) / (2 * kernel[1]))
  const paired = both >= LEAST
  const small = crisp(paired ? both : Math.min(56, (width - 2) / kernel[1]), ratio)
  const middle = (/** @type {number} */ used) => snap(Math.max(1, (width - used) / 2), ratio)
  const lift = stacks.input ? STACK : 0
  const first = seatOf(middle(input[1] * cell), TITLE + lift, input, cell, tall)
  const kernelTop = first.y + tall + foot + 12 + TITLE
  const kernelWidth = kernel[1] * small
  const start = middle(paired ? 2 * kernelWidth + GAP : kernelWidth)
  const low = snap(tall * 0.75, ratio)
  const patch = paired ? seatOf(start, kernelTop, kernel, small, low) : null
  const second = seatOf(paired ? snap(start + kernelWidth + GAP, ratio) : start, kernelTop, kernel, small, low)
  const thirdTop = kernelTop + low + foot + 12 + TITLE + (stacks.output ? STACK : 0)
  const third = seatOf(middle(output[1] * cell), thirdTop, output, cell, tall)
  const signs = [
    { text: '∗', x: width / 2, y: kernelTop - TITLE - 4 },
    { text: '=', x: width / 2, y: thirdTop - TITLE - 4 },
  ]
  return { across: false, width, height: Math.ceil(third.y + tall + foot), input: first, patch, kernel: second, output: third, signs }
}

/** @param {number} x @param {number} y @param {number[]} size rows, columns @param {number} cell @param {number} [tall] @returns {Seat} */
function seatOf(x, y, [rows, columns], cell, tall = cell) {
  return { x, y, width: columns * cell, height: rows * tall, cell, tall }
}

/** The part of a map that is seen when it is zoomed: its first row and column, so that the window stays in the middle.
 * @param {Seat} seat @param {[number, number]} size rows, columns @param {number} zoom @param {[number, number]} centre row, column */
export function zoomed(seat, [rows, columns], zoom, [row, column]) {
  const cell = seat.cell * zoom
  const tall = rows === 1 ? seat.tall : seat.tall * zoom
  const first = (/** @type {number} */ at, /** @type {number} */ all, /** @type {number} */ seen) => clamp(at - seen / 2, 0, Math.max(0, all - seen))
  return { cell, tall, left: first(column, columns, seat.width / cell), top: first(row, rows, seat.height / tall) }
}

/** @param {number} value @param {number} ratio */
const snap = (value, ratio) => Math.round(value * ratio) / ratio

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high))
