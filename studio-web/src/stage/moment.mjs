import { lift, room, windowsAt } from './geometry.mjs'

/** Where the window is at a moment, also between two places, and which slices it shows.
 * @typedef {import('./geometry.mjs').Geometry} Geometry @typedef {import('./geometry.mjs').Windows} Windows
 * @typedef {import('./geometry.mjs').Reach} Reach @typedef {import('./grid.mjs').Span} Span
 * @typedef {'input' | 'kernel' | 'output'} Name
 * @typedef {{ span: Span, cells: [number, number][] }} Patch rows and columns on a map; its cells may lie apart */

/** The windows a part of the way from one place to the next.
 * @param {Geometry} geometry @param {number[]} from @param {number[]} to @param {number} part @param {'gather' | 'scatter'} view
 * @returns {Windows} */
export function windowsBetween(geometry, from, to, part, view) {
  const start = windowsAt(geometry, from, view)
  if (part === 0 || from[0] !== to[0]) return start
  const end = windowsAt(geometry, to, view)
  const mix = (/** @type {Name} */ name) => start[name].map((reach, axis) => between(reach, end[name][axis], part))
  return { input: mix('input'), kernel: mix('kernel'), output: mix('output') }
}

/** @param {Reach} start @param {Reach} end @param {number} part @returns {Reach} */
function between(start, end, part) {
  if (!start.cells.length || !end.cells.length) return start
  const go = (/** @type {number} */ from, /** @type {number} */ to) => from + (to - from) * part
  const alike = start.cells.length === end.cells.length
  return {
    from: go(start.from, end.from),
    to: go(start.to, end.to),
    cells: alike ? start.cells.map((cell, i) => go(cell, end.cells[i])) : start.cells,
  }
}

/** The window on one map, in the rows and columns of its grid (padding counted).
 * @param {Geometry} geometry @param {Windows} windows @param {Name} name @returns {Patch | null} null: it touches nothing */
export function patchOn(geometry, windows, name) {
  const [, down, across] = windows[name]
  if (!down.cells.length || !across.cells.length) return null
  const [y, x] = name === 'kernel' ? [0, 0] : [1, 2].map((axis) => room(geometry, name, axis).before)
  return {
    span: { top: down.from + y, bottom: down.to + y, left: across.from + x, right: across.to + x },
    cells: down.cells.flatMap((row) => across.cells.map((column) => /** @type {[number, number]} */ ([row + y, column + x]))),
  }
}

/** The slices of input, kernel and output that are shown: those that meet at one depth of the kernel.
 * @param {Geometry} geometry @param {Windows} windows at a place @param {number} wish which of the kernel's depths */
export function slicesAt({ sides: [side], transposed }, windows, wish) {
  const depths = windows.kernel[0].cells
  const input = windows.input[0].cells
  const output = windows.output[0].cells
  if (!depths.length) return [0, wish, output[0]]
  let at = depths.reduce((best, tap, i) => (Math.abs(tap - wish) < Math.abs(depths[best] - wish) ? i : best), 0)
  const painting = output.length > 1
  const seen = (/** @type {number} */ i) => output[i] >= 0 && output[i] < side.out
  if (painting && !seen(at)) at = output.findIndex((_, i) => seen(i))
  if (transposed && !painting) return [input[input.length - 1 - at] ?? input[0], depths[at], output[0]]
  return [input[Math.min(at, input.length - 1)], depths[at], output[Math.min(at, output.length - 1)]]
}

/** The term at a cell of the kernel's shown slice. @param {import('../types').Term[]} terms @param {number} channel
 * @param {number} slice @returns {(row: number, column: number) => import('../types').Term | undefined} */
export function termsBy(terms, channel, slice) {
  const found = new Map(
    terms.filter((term) => term.channel === channel && lift(term.tap)[0] === slice).map((term) => [lift(term.tap).slice(1).join(), term]),
  )
  return (row, column) => found.get(`${row},${column}`)
}
