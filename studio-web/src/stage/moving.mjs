import { drawBars } from './bars.mjs'
import { boxOf, drawGrid } from './grid.mjs'
import { captionFont, font } from './look.mjs'
import { room } from './geometry.mjs'
import { patchOn } from './moment.mjs'
import { line } from './pen.mjs'
import { captionOf } from './scene.mjs'

/** What moves: the window on input, kernel and output at once, the lines between them, what the window sees.
 * @typedef {import('./pen.mjs').Pen} Pen @typedef {import('./pen.mjs').Box} Box @typedef {import('./grid.mjs').Grid} Grid
 * @typedef {import('./scene.mjs').Scene} Scene @typedef {import('./scene.mjs').Grids} Grids
 * @typedef {import('./moment.mjs').Patch} Patch
 * @typedef {object} Now
 * @property {import('./geometry.mjs').Windows} windows
 * @property {(row: number, column: number) => import('../types').Term | undefined} seen the product at a cell of the kernel
 * @property {{ row: number, column: number, place: number[] } | null} lit the tap that is pointed at, its place in the input
 * @property {boolean} spreads one input cell is painted with the kernel */

/** @param {Pen} pen @param {Scene} scene @param {Grids} grids @param {Now} now */
export function drawMoving(pen, scene, grids, now) {
  const { geometry, look, seats } = scene
  const [input, kernel, output] = /** @type {const} */ (['input', 'kernel', 'output']).map((name) => patchOn(geometry, now.windows, name))
  if (seats.patch) drawPatch(pen, scene, grids, now)
  if (input) window(pen, grids.input, input)
  if (kernel) window(pen, grids.kernel, kernel, !now.spreads && kernel.cells.length < grids.kernel.rows * grids.kernel.columns)
  if (output) window(pen, grids.output, output)
  const entry = seats.patch ?? seats.kernel
  const exit = seats.across ? (seats.patch ? around(seats.patch, seats.kernel) : seats.kernel) : seats.kernel
  if (input) rays(pen, look, within(boxOf(grids.input, input.span), seats.input), entry, seats.across)
  if (output) rays(pen, look, exit, within(boxOf(grids.output, output.span), seats.output), seats.across)
  if (now.lit) light(pen, scene, grids, now.lit)
}

/** What the window sees, as large as the kernel and over it (or beside it), tap on tap.
 * @param {Pen} pen @param {Scene} scene @param {Grids} grids @param {Now} now */
function drawPatch(pen, scene, grids, now) {
  const { look, seats, geometry, t } = scene
  const seat = /** @type {import('./layout.mjs').Seat} */ (seats.patch)
  const grid = patchGrid(scene, grids, now)
  if (geometry.rank === 1) drawBars(pen, grid)
  else drawGrid(pen, grid)
  outline(pen, seat, look)
  pen.font = captionFont(look)
  pen.fillStyle = look.soft
  pen.textAlign = 'start'
  pen.textBaseline = 'alphabetic'
  pen.fillText(now.spreads ? t('one input') : t('window'), seat.x, captionOf('patch', scene))
  pen.font = font(look, 20)
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  const beside = !seats.across
  pen.fillText('×', beside ? (seat.x + seat.width + seats.kernel.x) / 2 : seat.x + 8, beside ? seat.y + seat.height / 2 : seats.kernel.y - 12)
}

/** @param {Scene} scene @param {Grids} grids @param {Now} now @returns {Grid} */
export function patchGrid({ seats, look, tones, sheets, geometry }, grids, { seen, spreads, windows }) {
  const { rows, columns } = grids.kernel
  const value = (/** @type {number} */ row, /** @type {number} */ column) => seen(row, column)?.value ?? null
  const base = { box: /** @type {Box} */ (seats.patch), look, tone: tones.input, cell: grids.kernel.cell, tall: seats.patch?.tall }
  if (spreads) {
    const { before: down } = room(geometry, 'input', 1)
    const { before: across } = room(geometry, 'input', 2)
    const one = () => grids.input.value(Math.round(windows.input[1].from) + down, Math.round(windows.input[2].from) + across)
    return { ...base, cell: base.box.width, tall: base.box.height, rows: 1, columns: 1, value: one }
  }
  const inside = (/** @type {number} */ row, /** @type {number} */ column) => {
    const term = seen(row, column)
    return term !== undefined && term.source !== null && same(term.place, term.source)
  }
  return { ...base, rows, columns, value, own: ownOf(rows, columns, inside), margin: sheets.input.margin }
}

/** The rectangle of cells that are the input's own. @param {number} rows @param {number} columns
 * @param {(row: number, column: number) => boolean} inside */
function ownOf(rows, columns, inside) {
  let [top, left, bottom, right] = [rows, columns, 0, 0]
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      if (!inside(row, column)) continue
      top = Math.min(top, row)
      left = Math.min(left, column)
      bottom = Math.max(bottom, row + 1)
      right = Math.max(right, column + 1)
    }
  return bottom > top ? { top, left, bottom, right } : { top: 0, left: 0, bottom: 0, right: 0 }
}

/** @param {number[]} a @param {number[]} b */
const same = (a, b) => a.every((number, i) => number === b[i])

/** The window on a map: its whole, and where it is dilated or has holes each of its taps.
 * @param {Pen} pen @param {Grid} grid @param {Patch} patch @param {boolean} [holed] */
function window(pen, grid, { span, cells }, holed = cells.length < (span.bottom - span.top) * (span.right - span.left) - 0.01) {
  const { box, look, cell, tall = cell } = grid
  pen.save()
  pen.beginPath()
  pen.rect(box.x - 3, box.y - 3, box.width + 6, box.height + 6)
  pen.clip()
  if (holed) {
    pen.fillStyle = look.window
    pen.strokeStyle = look.window
    for (const [row, column] of cells) {
      const place = boxOf(grid, { top: row, left: column, bottom: row + 1, right: column + 1 })
      if (Math.min(cell, tall) >= 7) frame(pen, place, 2, look.window)
      else pen.fillRect(place.x, place.y, place.width, place.height)
    }
  }
  outline(pen, boxOf(grid, span), look, holed ? 1 : 2)
  pen.restore()
}

/** Yellow, with a thin dark line around it, so that it is seen on every ground.
 * @param {Pen} pen @param {Box} box @param {import('./look.mjs').Look} look @param {number} [width] */
export function outline(pen, box, look, width = 2) {
  pen.globalAlpha = look.theme === 'dark' ? 0.6 : 0.45
  frame(pen, grown(box, width), 1, look.theme === 'dark' ? '#000000' : look.ink)
  pen.globalAlpha = 1
  frame(pen, grown(box, width / 2), width, look.window)
}

/** @param {Pen} pen @param {Box} box @param {number} width @param {string} colour */
function frame(pen, { x, y, width: across, height }, width, colour) {
  pen.strokeStyle = colour
  pen.lineWidth = width
  pen.strokeRect(x, y, across, height)
}

/** @param {Box} box @param {number} by @returns {Box} */
const grown = ({ x, y, width, height }, by) => ({ x: x - by / 2, y: y - by / 2, width: width + by, height: height + by })

/** Thin lines from one box to the next, corner to corner.
 * @param {Pen} pen @param {import('./look.mjs').Look} look @param {Box} from @param {Box} to @param {boolean} across */
function rays(pen, look, from, to, across) {
  pen.strokeStyle = look.window
  pen.lineWidth = 1
  pen.globalAlpha = 0.75
  if (across) {
    line(pen, from.x + from.width, from.y, to.x, to.y)
    line(pen, from.x + from.width, from.y + from.height, to.x, to.y + to.height)
  } else {
    const [start, end] = from.y < to.y ? [from.y + from.height, to.y] : [from.y, to.y + to.height]
    line(pen, from.x, start, to.x, end)
    line(pen, from.x + from.width, start, to.x + to.width, end)
  }
  pen.globalAlpha = 1
}

/** @param {Box} a above @param {Box} b below @returns {Box} */
const around = (a, b) => ({ x: a.x, y: a.y, width: a.width, height: b.y + b.height - a.y })

/** @param {Box} box @param {Box} limits @returns {Box} */
function within(box, limits) {
  const [x, y] = [Math.max(box.x, limits.x - 2), Math.max(box.y, limits.y - 2)]
  const right = Math.min(box.x + box.width, limits.x + limits.width + 2)
  const bottom = Math.min(box.y + box.height, limits.y + limits.height + 2)
  return { x, y, width: Math.max(right - x, 0), height: Math.max(bottom - y, 0) }
}

/** The tap that is pointed at, on input, window and kernel.
 * @param {Pen} pen @param {Scene} scene @param {Grids} grids @param {{ row: number, column: number, place: number[] }} lit */
function light(pen, { look, seats, geometry }, grids, { row, column, place }) {
  const one = { top: row, left: column, bottom: row + 1, right: column + 1 }
  const [down, across] = place
  const own = { top: down, left: across, bottom: down + 1, right: across + 1 }
  const marks = [boxOf(grids.kernel, one), boxOf(grids.input, own)]
  if (seats.patch && geometry) marks.push(boxOf({ ...grids.kernel, box: seats.patch }, one))
  for (const mark of marks) {
    frame(pen, grown(mark, -2), 3, look.ink)
    frame(pen, grown(mark, -4), 1.5, look.window)
  }
}
