import { ink, signed } from '../core/colour.mjs'
import { sideOf } from '../core/learning.mjs'
import { short } from '../core/number.mjs'
import { drawGrid, LEAST_TEXT } from '../stage/grid.mjs'
import { font } from '../stage/look.mjs'
import { fit, line } from '../stage/pen.mjs'
import { shade } from '../stage/tone.mjs'

/** A kernel that learns: its numbers, and on each the way that its gradient pushes it.
 * @typedef {import('../stage/look.mjs').Look} Look @typedef {import('../stage/pen.mjs').CanvasPen} Pen */

/** From so wide a cell on the gradient stands under the number. */
const TOLD = 56

/** @param {HTMLCanvasElement} canvas @param {Float64Array} kernel @param {Float64Array | null} gradient
 * @param {{ side: number, far: number, look: Look }} how `far`: the number of full colour */
export function drawTaps(canvas, kernel, gradient, { side, far, look }) {
  const count = sideOf(kernel)
  const cell = Math.floor((side - 2) / count)
  const width = count * cell + 2
  const pen = fit(canvas, width, width)
  pen.clearRect(0, 0, width, width)
  const tone = { low: -far, high: far, signed: true, palette: signed(look.theme) }
  const box = { x: 1, y: 1, width: count * cell, height: count * cell }
  drawGrid(pen, { box, cell, rows: count, columns: count, value: (row, column) => kernel[row * count + column], plain: true, tone, look })
  rules(pen, count, cell, look)
  const most = gradient?.reduce((all, value) => Math.max(all, Math.abs(value)), 0) ?? 0
  const size = textSize(pen, kernel, (gradient ? 0.8 : 1) * cell, look)
  kernel.forEach((value, tap) => {
    const [x, y] = [1 + (tap % count) * cell, 1 + Math.floor(tap / count) * cell]
    pen.fillStyle = ink(...shade(tone, value))
    const isTold = gradient !== null && cell >= TOLD
    number(pen, value, x + cell * (gradient ? 0.45 : 0.5), y + cell * (isTold ? 0.4 : 0.5), size, look)
    if (gradient && most > 0) push(pen, gradient[tap], most, { x, y, cell, isTold, look })
  })
}

/** Lines between the cells. @param {Pen} pen @param {number} count @param {number} cell @param {Look} look */
function rules(pen, count, cell, look) {
  pen.strokeStyle = look.line
  pen.lineWidth = 1
  for (let at = 1; at < count; at++) {
    line(pen, at * cell + 0.5, 1, at * cell + 0.5, count * cell)
    line(pen, 1, at * cell + 0.5, count * cell, at * cell + 0.5)
  }
}

/** Two decimals, so that a number that moves keeps its place. @param {number} value */
const written = (value) => (Math.abs(value) < 1000 ? value.toFixed(2).replace('-', '−').replace(/^−(0\.00)$/, '$1') : value.toExponential(0).replace('e+', 'e').replace('-', '−'))

/** @param {Pen} pen @param {Float64Array} kernel @param {number} cell @param {Look} look */
function textSize(pen, kernel, cell, look) {
  pen.font = font(look, 10)
  const widest = kernel.reduce((most, value) => Math.max(most, pen.measureText(written(value)).width), pen.measureText('−0.00').width)
  return Math.min(22, cell * 0.36, (9 * cell) / widest)
}

/** @param {Pen} pen @param {number} value @param {number} x @param {number} y @param {number} size @param {Look} look */
function number(pen, value, x, y, size, look) {
  if (size < LEAST_TEXT) return
  pen.font = font(look, size)
  pen.textAlign = 'center'
  pen.textBaseline = 'middle'
  pen.fillText(Number.isFinite(value) ? written(value) : '∞', x, y)
}

/** The way that a step moves a tap: an arrow at its right edge, as long as its part of the strongest push, and the gradient.
 * @param {Pen} pen @param {number} gradient @param {number} most
 * @param {{ x: number, y: number, cell: number, isTold: boolean, look: Look }} place */
function push(pen, gradient, most, { x, y, cell, isTold, look }) {
  const length = (cell * 0.42 * -gradient) / most
  const [at, middle] = [x + cell - Math.max(4, cell * 0.08), y + cell / 2]
  pen.strokeStyle = pen.fillStyle
  pen.lineWidth = Math.max(1.5, cell / 40)
  line(pen, at, middle + length, at, middle - length)
  if (Math.abs(length) > 2) {
    const head = Math.sign(length) * Math.min(Math.abs(length), Math.max(3, cell * 0.06))
    pen.beginPath()
    pen.moveTo(at - Math.abs(head), middle - length + head)
    pen.lineTo(at, middle - length)
    pen.lineTo(at + Math.abs(head), middle - length + head)
    pen.stroke()
  }
  if (!isTold) return
  pen.font = font(look, Math.min(13, Math.max(10, cell * 0.15)))
  pen.fillText(short(Number(gradient.toPrecision(2))), x + cell * 0.45, y + cell * 0.74)
}
