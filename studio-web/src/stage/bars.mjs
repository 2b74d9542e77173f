import { short } from '../core/number.mjs'
import { boxOf, LEAST_TEXT, longest, NUMBER_CELL, strengthOf, textSize, visible } from './grid.mjs'
import { font } from './look.mjs'
import { hatch, line } from './pen.mjs'
import { shade } from './tone.mjs'

/** A row of numbers as bars over and under a line of zero, each with its number where there is room.
 * @typedef {import('./grid.mjs').Grid} Grid @typedef {import('./pen.mjs').Pen} Pen */

const WORDS = 16

/** @param {Pen} pen @param {Grid} grid of one row */
export function drawBars(pen, grid) {
  const { box, look, tone } = grid
  const told = grid.cell >= NUMBER_CELL
  const foot = told ? WORDS : 0
  const [low, high] = [Math.min(0, tone.low), Math.max(0, tone.high)]
  const scale = (box.height - foot - 4) / (high - low || 1)
  const zero = box.y + 2 + high * scale
  const seen = visible(grid)
  pen.save()
  pen.beginPath()
  pen.rect(box.x, box.y, box.width, box.height)
  pen.clip()
  pen.fillStyle = look.raised
  pen.fillRect(box.x, box.y, box.width, box.height)
  for (let column = seen.left; column < seen.right; column++) {
    const place = boxOf(grid, { top: 0, bottom: 1, left: column, right: column + 1 })
    const value = grid.value(0, column)
    const clear = strengthOf(grid, 0, column)
    if (clear < 0.4 && grid.own && (column < grid.own.left || column >= grid.own.right)) hatch(pen, place, look.line)
    if (value !== null) bar(pen, place, value, { zero, scale, clear: clear || 0.3, grid })
  }
  pen.strokeStyle = look.faint
  pen.lineWidth = 1
  line(pen, box.x, Math.round(zero) + 0.5, box.x + box.width, Math.round(zero) + 0.5)
  if (told) words(pen, grid, seen)
  pen.restore()
  pen.strokeStyle = look.line
  pen.strokeRect(box.x - 0.5, box.y - 0.5, box.width + 1, box.height + 1)
}

/** @param {Pen} pen @param {import('./pen.mjs').Box} place @param {number} value
 * @param {{ zero: number, scale: number, clear: number, grid: Grid }} facts */
function bar(pen, place, value, { zero, scale, clear, grid }) {
  const gap = place.width >= 6 ? 1 : 0
  const length = Math.max(Math.abs(value) * scale, 0.5)
  pen.globalAlpha = clear
  pen.fillStyle = grid.tone.signed ? hex(shade(grid.tone, value)) : grid.look.soft
  pen.fillRect(place.x + gap, value >= 0 ? zero - length : zero, place.width - 2 * gap, length)
  pen.globalAlpha = 1
}

/** @param {Pen} pen @param {Grid} grid @param {import('./grid.mjs').Span} seen */
function words(pen, grid, seen) {
  const cells = []
  for (let column = seen.left; column < seen.right; column++) {
    const value = grid.value(0, column)
    if (value !== null) cells.push({ column, text: short(value) })
  }
  const size = Math.min(textSize(pen, grid, longest(cells.map(({ text }) => text))), 13)
  if (size < LEAST_TEXT) return
  pen.font = font(grid.look, size)
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillStyle = grid.look.ink
  for (const { column, text } of cells) {
    const { x, width } = boxOf(grid, { top: 0, bottom: 1, left: column, right: column + 1 })
    pen.fillText(text, x + width / 2, grid.box.y + grid.box.height - WORDS / 2)
  }
}

/** @param {number[]} colour */
const hex = (colour) => `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`
