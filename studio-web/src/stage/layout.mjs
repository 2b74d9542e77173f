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
const MOST_BETWEEN = 64
const LEAST_PART = 0.11
/** How much of half the stage a map may take: an input beside a small output is as large as beside one like itself. */
const MOST_PART = 1.08

/** @param {Wish} wish @returns {Layout} */
export function layout(wish) {
  if (wish.rank === 1) return strips(wish)
  return wish.width >= NARROW ? across(wish) : below(wish)
}

/** Input, window over kernel, output, on one line of sight, their tops alike. The maps come first, the kernel takes what
 * they leave; the height is the same for all that nearly fill it, so that nothing under the maps jumps.
 * @param {Wish} wish @returns {Layout} */
function across(wish) {
  const { width, input, kernel, output, ratio, stacks } = wish
  const gap = width < 700 ? 20 : 26
  const margin = (stacks.input ? STACK : 0) + (stacks.output ? STACK : 0)
  const free = width - 2 * gap - margin - 2
  const high = Math.max(wish.room, 200)
  const [rows, columns] = kernel
  const frame = Math.min(high, (free - width * LEAST_PART) / 2)
  const cells = share(free - leastKernel(width, columns), high, input, output, ratio, MOST_PART * frame)
  const maps = { high: Math.max(input[0] * cells.input, output[0] * cells.output), wide: input[1] * cells.input + output[1] * cells.output }
  const tall = maps.high > 0.8 * frame ? Math.max(frame, maps.high) : maps.high
  const small = crisp(Math.min((free - maps.wide) / columns, clamp(width * 0.055, 30, 84), (Math.max(tall, 120) - BETWEEN) / (2 * rows)), ratio)
  const pair = 2 * rows * small
  const between = clamp(maps.high - pair, BETWEEN, MOST_BETWEEN)
  const top = TITLE + (margin ? STACK : 0)
  const left = Math.max(1, Math.floor((width - maps.wide - columns * small - 2 * gap - margin) / 2))
  const seat = (/** @type {number} */ x, /** @type {number[]} */ size, /** @type {number} */ cell, y = top) => seatOf(snap(x, ratio), snap(y, ratio), size, cell)
  const first = seat(left, input, cells.input)
  const kernelX = first.x + first.width + (stacks.input ? STACK : 0) + gap
  const second = seat(kernelX, kernel, small, top + rows * small + between)
  const third = seat(kernelX + columns * small + gap, output, cells.output)
  const signs = [
    { text: '∗', x: kernelX - gap / 2, y: second.y + second.height / 2 },
    { text: '=', x: third.x - gap / 2, y: second.y + second.height / 2 },
  ]
  const height = Math.ceil(top + Math.max(tall, pair + between) + wish.foot)
  return { across: true, width, height, input: first, patch: seat(kernelX, kernel, small), kernel: second, output: third, signs }
}

/** The width that maps leave to a kernel at least: a part of the stage, and enough to read kernels of up to five.
 * @param {number} width @param {number} columns */
const leastKernel = (width, columns) => Math.max(width * LEAST_PART, width >= 700 && columns <= 5 ? columns * LEAST : 0)

/** Cells of input and output side by side: alike where both fit so, the smaller one larger where it would be tiny.
 * @param {number} free @param {number} high @param {[number, number]} input @param {[number, number]} output @param {number} ratio
 * @param {number} [most] that a side of the input may take */
function share(free, high, input, output, ratio, most = Infinity) {
  const scale = (/** @type {[number, number]} */ map, /** @type {[number, number]} */ other) => Math.max(1, (0.62 * Math.max(...other)) / Math.max(...map))
  const [first, second] = [scale(input, output), scale(output, input)]
  const cell = Math.min(
    free / (input[1] * first + output[1] * second),
    high / Math.max(input[0] * first, output[0] * second),
    most / (Math.max(...input) * first),
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
  const both = Math.min(40, (width - 2 * GAP - 2) / (2 * columns))
  const paired = both >= 3
  const small = crisp(paired ? both : Math.min(40, (width - GAP - 2) / columns), ratio)
  const top = TITLE + (margin ? STACK : 0)
  const tall = Math.max(input[0] * cells.input, output[0] * cells.output)
  const first = seatOf(1, snap(top, ratio), input, cells.input)
  const right = snap(width - 1 - (stacks.output ? STACK : 0) - output[1] * cells.output, ratio)
  const third = seatOf(right, snap(top, ratio), output, cells.output)
  const kernelTop = snap(top + tall + foot + TITLE, ratio)
  const start = 1
  const patch = paired ? seatOf(start, kernelTop, kernel, small) : null
  const second = seatOf(paired ? snap(start + columns * small + GAP, ratio) : start, kernelTop, kernel, small)
  const signs = [{ text: '=', x: second.x + second.width + GAP / 2, y: kernelTop + (rows * small) / 2 }]
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
