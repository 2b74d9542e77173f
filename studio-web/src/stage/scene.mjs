import { drawBars } from './bars.mjs'
import { boxOf, crossOut, drawCells, drawGrid, NUMBER_CELL } from './grid.mjs'
import { room, unread } from './geometry.mjs'
import { STACK, TITLE, zoomed } from './layout.mjs'
import { drawLegendUnder } from './legend.mjs'
import { captionFont, font } from './look.mjs'
import { patchOn } from './moment.mjs'

/** What stands still: maps, titles, legends, what is never read.
 * @typedef {import('./pen.mjs').Pen} Pen @typedef {import('./grid.mjs').Grid} Grid @typedef {import('./maps.mjs').Sheet} Sheet
 * @typedef {import('./geometry.mjs').Windows} Windows
 * @typedef {object} Scene
 * @property {import('../types').Say} t
 * @property {import('./look.mjs').Look} look
 * @property {import('./geometry.mjs').Geometry} geometry
 * @property {import('./layout.mjs').Layout} seats
 * @property {{ input: Sheet, kernel: Sheet, output: Sheet }} sheets
 * @property {{ input: Sheet[], output: Sheet[] }} behind the channels behind the one in front
 * @property {{ input: import('./tone.mjs').Tone, kernel: import('./tone.mjs').Tone, output: import('./tone.mjs').Tone }} tones
 * @property {{ input: string, kernel: string, output: string }} titles
 * @property {number} zoom
 * @property {((row: number, column: number) => number) | undefined} made how clearly an output cell is seen
 * @typedef {{ input: Grid, kernel: Grid, output: Grid }} Grids */

/** The grids as they lie now: where they are zoomed, around a window.
 * @param {Scene} scene @param {Windows} windows in the middle @returns {Grids} */
export function gridsOf(scene, windows) {
  const { seats, sheets, tones, look, zoom, geometry } = scene
  const grid = (/** @type {'input' | 'kernel' | 'output'} */ name, near = zoom) => {
    const sheet = sheets[name]
    const { span } = patchOn(geometry, windows, name) ?? { span: { top: 0, bottom: sheet.rows, left: 0, right: sheet.columns } }
    const centre = /** @type {[number, number]} */ ([(span.top + span.bottom) / 2, (span.left + span.right) / 2])
    return {
      box: seats[name], look, tone: tones[name], rows: sheet.rows, columns: sheet.columns, own: sheet.own, margin: sheet.margin,
      ...zoomed(seats[name], [sheet.rows, sheet.columns], near, centre),
      value: (/** @type {number} */ row, /** @type {number} */ column) => sheet.numbers[row * sheet.columns + column],
    }
  }
  return { input: grid('input'), kernel: grid('kernel', 1), output: { ...grid('output'), strength: scene.made } }
}

/** @param {Pen} pen @param {Scene} scene @param {Grids} grids */
export function drawBase(pen, scene, grids) {
  const { seats, look, geometry } = scene
  pen.fillStyle = look.paper
  pen.fillRect(0, 0, seats.width, seats.height)
  stack(pen, scene, grids.input, scene.behind.input)
  stack(pen, scene, grids.output, scene.behind.output)
  for (const grid of [grids.input, grids.kernel, grids.output]) map(pen, geometry.rank, grid)
  dropped(pen, scene, grids.input)
  titles(pen, scene)
  signs(pen, scene)
}

/** One cell of the output again, once it is made.
 * @param {Pen} pen @param {number} rank @param {Grid} grid @param {number} row @param {number} column */
export function redrawCell(pen, rank, grid, row, column) {
  if (rank === 1) {
    drawBars(pen, grid)
    return
  }
  const place = boxOf(grid, { top: row, bottom: row + 1, left: column, right: column + 1 })
  drawCells(pen, { ...grid, box: place, left: column, top: row, all: grid.cell >= NUMBER_CELL ? numbersOf(grid) : undefined })
}

/** @param {Grid} grid */
const numbersOf = ({ rows, columns, value }) => Array.from({ length: rows * columns }, (_, at) => value(Math.floor(at / columns), at % columns) ?? 0)

/** @param {Pen} pen @param {number} rank @param {Grid} grid */
const map = (pen, rank, grid) => (rank === 1 ? drawBars(pen, grid) : drawGrid(pen, grid))

/** The other channels behind, a little up and to the right.
 * @param {Pen} pen @param {Scene} scene @param {Grid} grid @param {Sheet[]} sheets */
function stack(pen, { geometry, look }, grid, sheets) {
  for (let depth = sheets.length; depth > 0; depth--) {
    const sheet = sheets[depth - 1]
    const box = { ...grid.box, x: grid.box.x + depth * 4, y: grid.box.y - depth * 4 }
    const value = (/** @type {number} */ row, /** @type {number} */ column) => sheet.numbers[row * sheet.columns + column]
    map(pen, geometry.rank, { ...grid, box, value, own: sheet.own, plain: true })
    pen.globalAlpha = 0.15 * depth
    pen.fillStyle = look.paper
    pen.fillRect(box.x, box.y, box.width, box.height)
    pen.globalAlpha = 1
  }
}

/** Rows and columns of the picture that the stride drops at the end: crossed out, with a word.
 * @param {Pen} pen @param {Scene} scene @param {Grid} grid of the input */
function dropped(pen, scene, grid) {
  const { look, seats } = scene
  const { rows, columns } = lost(scene)
  const { top, left, bottom, right } = grid.own ?? { top: 0, left: 0, bottom: grid.rows, right: grid.columns }
  if (columns) crossOut(pen, grid, { top, bottom, left: right - columns, right })
  if (rows) crossOut(pen, grid, { top: bottom - rows, bottom, left, right: right - columns })
  if (rows || columns) note(pen, seats.input, `✕ ${lostWords(scene)}`, look, look.bad)
  const { own, rows: high, columns: wide } = scene.sheets.output
  const cut = own && (own.bottom - own.top < high || own.right - own.left < wide)
  if (cut) note(pen, seats.output, scene.t('hatched: cut off by the padding'), look, look.soft)
}

/** A sentence under a map's legend.
 * @param {Pen} pen @param {import('./pen.mjs').Box} seat @param {string} text @param {import('./look.mjs').Look} look @param {string} colour */
function note(pen, { x, y, height }, text, look, colour) {
  pen.font = captionFont(look)
  pen.textAlign = 'start'
  pen.textBaseline = 'middle'
  pen.fillStyle = colour
  pen.fillText(text, x, y + height + 44)
}

/** How many rows and columns of the picture no window reads; padding that none reads is no loss.
 * @param {Pick<Scene, 'geometry'>} scene */
export function lost({ geometry: { sides, transposed } }) {
  if (transposed) return { rows: 0, columns: 0 }
  const [rows, columns] = [1, 2].map((axis) => Math.max(0, sides[axis].n - Math.max(unread(sides[axis])[0], 0)))
  return { rows, columns }
}

/** @param {Scene} scene */
export function lostWords(scene) {
  const { t } = scene
  const { rows, columns } = lost(scene)
  const high = rows === 1 ? t('the last row') : t('the last {n} rows', { n: rows })
  const wide = columns === 1 ? t('the last column') : t('the last {n} columns', { n: columns })
  const what = [rows ? high : '', columns ? wide : ''].filter(Boolean).join(t(', '))
  return what && t('never read: {what}', { what })
}

/** How high a map's caption stands: on one line for maps beside one another.
 * @param {'input' | 'patch' | 'kernel' | 'output'} name @param {Pick<Scene, 'seats' | 'geometry' | 'behind'>} scene */
export function captionOf(name, { seats, geometry, behind }) {
  if (geometry.rank > 1 && (name === 'input' || name === 'output' || (name === 'patch' && seats.across))) return TITLE - 8
  const lifted = (name === 'input' || name === 'output') && behind[name].length > 0
  return /** @type {import('./layout.mjs').Seat} */ (seats[name]).y - 8 - (lifted ? STACK : 0)
}

/** @param {Pen} pen @param {Scene} scene */
function titles(pen, scene) {
  const { seats, look, titles: words, tones, geometry } = scene
  pen.textBaseline = 'alphabetic'
  for (const name of /** @type {const} */ (['input', 'kernel', 'output'])) {
    const seat = seats[name]
    pen.font = captionFont(look)
    pen.fillStyle = look.soft
    pen.textAlign = 'start'
    const beside = name === 'kernel' && seats.across && seats.patch
    const space = seat.width + (beside ? -16 : 16)
    const fits = [words[name], words[name].split(' · ')[0], words[name].split('  ')[0]].find((text) => pen.measureText(text).width <= space)
    pen.fillText(fits ?? words[name].split('  ')[0], seat.x + (beside ? 24 : 0), captionOf(name, scene))
    drawLegendUnder(pen, { x: Math.min(seat.x, seats.width - 96), y: seat.y + seat.height + 8, width: seat.width, tone: tones[name], look, bars: geometry.rank === 1 })
  }
}

/** Operator signs between the maps. @param {Pen} pen @param {Scene} scene */
function signs(pen, { seats, look }) {
  pen.font = font(look, 20)
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillStyle = look.soft
  for (const { text, x, y } of seats.signs) pen.fillText(text, x, y)
}

/** Where the own part of a map begins in its grid. @param {Scene} scene @param {'input' | 'output'} name */
export const origin = ({ geometry }, name) => [1, 2].map((axis) => room(geometry, name, axis).before)
