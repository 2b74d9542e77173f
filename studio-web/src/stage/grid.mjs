import { ink } from '../core/colour.mjs'
import { short, tight } from '../core/number.mjs'
import { font } from './look.mjs'
import { cross, hatch, line } from './pen.mjs'
import { parse, shade } from './tone.mjs'

/** A grid of numbers, nearest neighbour always: one cell a number, its text where a cell is large enough.
 * @typedef {import('./pen.mjs').Box} Box @typedef {import('./pen.mjs').Pen} Pen
 * @typedef {{ top: number, left: number, bottom: number, right: number }} Span rows and columns, the last not counted
 * @typedef {'zeros' | 'constant' | 'copied' | 'cut'} Margin
 * @typedef {object} Grid
 * @property {Box} box where cells may be drawn, in page pixels
 * @property {number} cell width of a cell
 * @property {number} [tall] height of a cell where it differs
 * @property {number} [left] the first column seen (a part of one is fine)
 * @property {number} [top]
 * @property {number} rows
 * @property {number} columns
 * @property {(row: number, column: number) => number | null} value null: nothing stands there
 * @property {Span} [own] the part that is not padding; all where it is left out
 * @property {Margin} [margin] what stands around it
 * @property {(row: number, column: number) => number} [strength] 0…1, how clearly a cell is drawn
 * @property {boolean} [plain] without numbers and lines between the cells
 * @property {number[]} [all] the numbers of the whole, where only some of the cells are drawn
 * @property {import('./tone.mjs').Tone} tone
 * @property {import('./look.mjs').Look} look */

/** A cell tells its number from this size on, in page pixels. */
export const NUMBER_CELL = 22
/** Smaller text is not drawn: it would be dust. */
export const LEAST_TEXT = 9
const LINED_CELL = 14
const COPIED = 0.45

/** @param {Pen} pen @param {Grid} grid */
export function drawGrid(pen, grid) {
  const { box, look } = grid
  drawCells(pen, grid)
  pen.strokeStyle = look.line
  pen.lineWidth = 1
  pen.strokeRect(box.x - 0.5, box.y - 0.5, box.width + 1, box.height + 1)
}

/** The cells without the line around them; a box that is a part of the grid's draws that part again.
 * @param {Pen} pen @param {Grid} grid */
export function drawCells(pen, grid) {
  const { box, look } = grid
  pen.save()
  pen.beginPath()
  pen.rect(box.x, box.y, box.width, box.height)
  pen.clip()
  pen.fillStyle = look.paper
  pen.fillRect(box.x, box.y, box.width, box.height)
  const seen = visible(grid)
  margins(grid, seen).forEach((strip) => hatch(pen, strip, look.theme === 'dark' ? '#3d3d46' : '#d9d5ca'))
  if ('isVector' in pen) paintShapes(pen, grid, seen)
  else paintImage(pen, grid, seen)
  if (!grid.plain) lines(pen, grid, seen)
  if (!grid.plain && grid.cell >= NUMBER_CELL) numbers(pen, grid, seen)
  pen.restore()
}

/** Where rows and columns lie on the page.
 * @param {Grid} grid @param {Span} span @returns {Box} */
export function boxOf({ box, cell, tall = cell, left = 0, top = 0 }, span) {
  return {
    x: box.x + (span.left - left) * cell,
    y: box.y + (span.top - top) * tall,
    width: (span.right - span.left) * cell,
    height: (span.bottom - span.top) * tall,
  }
}

/** The row and column at a point, null outside the grid.
 * @param {Grid} grid @param {number} x @param {number} y @returns {[number, number] | null} */
export function cellAt({ box, cell, tall = cell, left = 0, top = 0, rows, columns }, x, y) {
  if (x < box.x || y < box.y || x >= box.x + box.width || y >= box.y + box.height) return null
  const [row, column] = [Math.floor((y - box.y) / tall + top), Math.floor((x - box.x) / cell + left)]
  return row >= 0 && column >= 0 && row < rows && column < columns ? [row, column] : null
}

/** Crosses out a part of a grid. @param {Pen} pen @param {Grid} grid @param {Span} span */
export function crossOut(pen, grid, span) {
  pen.save()
  pen.beginPath()
  pen.rect(grid.box.x, grid.box.y, grid.box.width, grid.box.height)
  pen.clip()
  pen.globalAlpha = 0.55
  pen.fillStyle = grid.look.paper
  const place = boxOf(grid, span)
  pen.fillRect(place.x, place.y, place.width, place.height)
  pen.globalAlpha = 1
  const size = Math.max(1, Math.ceil(6 / Math.min(grid.cell, grid.tall ?? grid.cell)))
  for (let row = span.top; row < span.bottom; row += size)
    for (let column = span.left; column < span.right; column += size) {
      const one = { top: row, left: column, bottom: Math.min(row + size, span.bottom), right: Math.min(column + size, span.right) }
      cross(pen, boxOf(grid, one), grid.look.bad)
    }
  pen.restore()
}

/** @param {Grid} grid @returns {Span} */
export function visible({ box, cell, tall = cell, left = 0, top = 0, rows, columns }) {
  return {
    top: Math.max(0, Math.floor(top)),
    left: Math.max(0, Math.floor(left)),
    bottom: Math.min(rows, Math.ceil(top + box.height / tall - 1e-6)),
    right: Math.min(columns, Math.ceil(left + box.width / cell - 1e-6)),
  }
}

/** The strips around what is the grid's own, cut to what is seen.
 * @param {Grid} grid @param {Span} seen @returns {Box[]} */
function margins(grid, seen) {
  const { own, margin } = grid
  if (!own || margin === 'copied') return []
  const [top, bottom] = [clamp(own.top, seen.top, seen.bottom), clamp(own.bottom, seen.top, seen.bottom)]
  const spans = [
    { ...seen, bottom: top },
    { ...seen, top: bottom },
    { top, bottom, left: seen.left, right: clamp(own.left, seen.left, seen.right) },
    { top, bottom, left: clamp(own.right, seen.left, seen.right), right: seen.right },
  ]
  return spans.filter((span) => span.bottom > span.top && span.right > span.left).map((span) => boxOf(grid, span))
}

/** How clearly a cell is drawn: copied padding is dimmed, a margin of zeros shows its hatch.
 * @param {Grid} grid @param {number} row @param {number} column */
export function strengthOf({ own, margin, strength: asked }, row, column) {
  const inside = !own || (row >= own.top && row < own.bottom && column >= own.left && column < own.right)
  if (inside) return asked ? asked(row, column) : 1
  return margin === 'copied' ? COPIED : margin === 'constant' ? 0.3 : 0
}

/** @type {{ canvas: HTMLCanvasElement | OffscreenCanvas, pen: import('./pen.mjs').CanvasPen } | null} */
let scratch = null

/** One real pixel a cell, made large without blur.
 * @param {import('./pen.mjs').CanvasPen} pen @param {Grid} grid @param {Span} seen */
function paintImage(pen, grid, seen) {
  const [across, down] = [seen.right - seen.left, seen.bottom - seen.top]
  if (across <= 0 || down <= 0) return
  scratch ??= blank()
  const { canvas, pen: small } = scratch
  if (canvas.width < across) canvas.width = across
  if (canvas.height < down) canvas.height = down
  small.putImageData(imageOf(grid, seen), 0, 0)
  const { x, y, width, height } = boxOf(grid, seen)
  pen.imageSmoothingEnabled = false
  pen.drawImage(canvas, 0, 0, across, down, x, y, width, height)
}

function blank() {
  const canvas = document.createElement('canvas')
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }))
  return { canvas, pen }
}

/** The cells of a part as an image, a pixel each.
 * @param {Grid} grid @param {Span} seen */
export function imageOf(grid, seen) {
  const image = new ImageData(seen.right - seen.left, seen.bottom - seen.top)
  let at = 0
  for (let row = seen.top; row < seen.bottom; row++)
    for (let column = seen.left; column < seen.right; column++, at += 4) {
      const value = grid.value(row, column)
      if (value === null) continue
      const [red, green, blue] = shade(grid.tone, value)
      image.data[at] = red
      image.data[at + 1] = green
      image.data[at + 2] = blue
      image.data[at + 3] = Math.round(255 * strengthOf(grid, row, column))
    }
  return image
}

/** @param {import('./svg.mjs').SvgPen} pen @param {Grid} grid @param {Span} seen */
function paintShapes(pen, grid, seen) {
  for (let row = seen.top; row < seen.bottom; row++)
    for (let column = seen.left; column < seen.right; column++) {
      const value = grid.value(row, column)
      const clear = strengthOf(grid, row, column)
      if (value === null || clear === 0) continue
      const { x, y, width, height } = boxOf(grid, { top: row, left: column, bottom: row + 1, right: column + 1 })
      pen.fillStyle = `#${shade(grid.tone, value).map((part) => part.toString(16).padStart(2, '0')).join('')}`
      pen.globalAlpha = clear
      pen.fillRect(x, y, width, height)
    }
  pen.globalAlpha = 1
}

/** @param {Pen} pen @param {Grid} grid @param {Span} seen */
function lines(pen, grid, seen) {
  if (grid.cell < LINED_CELL || grid.rows * grid.columns === 1) return
  const { x, y, width, height } = boxOf(grid, seen)
  const { cell, tall = cell } = grid
  pen.strokeStyle = grid.look.line
  pen.lineWidth = 1
  pen.globalAlpha = 0.4
  for (let at = 1; at < seen.right - seen.left; at++) line(pen, x + at * cell - 0.5, y, x + at * cell - 0.5, y + height)
  for (let at = 1; at < seen.bottom - seen.top; at++) line(pen, x, y + at * tall - 0.5, x + width, y + at * tall - 0.5)
  pen.globalAlpha = 1
}

/** @param {Pen} pen @param {Grid} grid @param {Span} seen */
function numbers(pen, grid, seen) {
  const told = []
  for (let row = seen.top; row < seen.bottom; row++)
    for (let column = seen.left; column < seen.right; column++) {
      const value = grid.value(row, column)
      if (value !== null && !isCut(grid, row, column)) told.push({ row, column, value })
    }
  const { write, size } = written(pen, grid, grid.all ?? told.map(({ value }) => value))
  if (size < LEAST_TEXT) return
  pen.font = font(grid.look, size)
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  const paper = parse(grid.look.paper)
  for (const { row, column, value } of told) {
    const { x, y, width, height } = boxOf(grid, { top: row, left: column, bottom: row + 1, right: column + 1 })
    const clear = strengthOf(grid, row, column)
    pen.fillStyle = clear < 0.3 ? grid.look.faint : legible(shade(grid.tone, value), paper, clear)
    pen.fillText(write(value), x + width / 2, y + height / 2 + size * 0.06)
  }
}

/** How numbers are written so that the longest fits its cell: three digits, or as many as all can have, and the text's size.
 * @param {Pen} pen @param {Grid} grid @param {number[]} all */
function written(pen, grid, all) {
  const size = textSize(pen, grid, longest(all.map(short)))
  if (size >= LEAST_TEXT) return { write: short, size }
  const close = tight(all)
  return { write: (/** @type {number} */ value) => close[all.indexOf(value)] ?? '', size: textSize(pen, grid, longest(close)) }
}

/** The text's colour on a cell that is drawn with a strength over the paper.
 * @param {number[]} colour @param {number[]} paper @param {number} clear */
function legible(colour, paper, clear) {
  const [red, green, blue] = colour.map((part, i) => part * clear + paper[i] * (1 - clear))
  return ink(red, green, blue)
}

/** @param {Grid} grid @param {number} row @param {number} column */
const isCut = (grid, row, column) => grid.margin === 'cut' && strengthOf(grid, row, column) === 0

/** The size of text at which the longest number fits a cell.
 * @param {Pen} pen @param {Pick<Grid, 'cell' | 'tall' | 'look'>} grid @param {string} text */
export function textSize(pen, { cell, tall = cell, look }, text) {
  pen.font = font(look, 10)
  return Math.min(cell * 0.42, tall * 0.5, (9.2 * cell) / pen.measureText(text || '00').width, 18)
}

/** @param {string[]} texts */
export const longest = (texts) => texts.reduce((most, text) => (text.length > most.length ? text : most), '')

/** @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high)
