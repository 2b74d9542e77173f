import { signed } from '../core/colour.mjs'
import { drawGrid } from './grid.mjs'
import { fit } from './pen.mjs'

/** Kernels as images: three input channels as a colour, others as signed grids. */

/** @typedef {import('./look.mjs').Look} Theme */

/** Whether kernels of this shape look at red, green and blue.
 * @param {number[]} shape */
export const colourKernel = ([, inputs]) => inputs === 3

/** @param {HTMLCanvasElement} canvas @param {Float32Array} weights @param {number[]} shape (height, width) or (3, height, width)
 * @param {Theme} theme @param {{ size: number, most: number | null }} wish `most`: the far end of the colours; null for the kernel's own */
export function drawKernel(canvas, weights, shape, theme, { size: side, most }) {
  const far = most ?? (weights.reduce((end, weight) => Math.max(end, Math.abs(weight)), 0) || 1)
  if (shape.length === 3) return drawColours(canvas, weights, shape, side, far)
  const [rows, columns] = shape
  const cell = side / Math.max(rows, columns)
  const ink = fit(canvas, columns * cell, rows * cell)
  drawGrid(ink, {
    box: { x: 0, y: 0, width: columns * cell, height: rows * cell },
    cell,
    rows,
    columns,
    value: (row, column) => weights[row * columns + column],
    tone: { low: -far, high: far, signed: true, palette: signed(theme.theme) },
    look: theme,
  })
}

/** @param {HTMLCanvasElement} canvas @param {Float32Array} weights @param {number[]} shape @param {number} side @param {number} far */
function drawColours(canvas, weights, [, rows, columns], side, far) {
  const ratio = globalThis.devicePixelRatio || 1
  const cell = Math.max(1, Math.round((side * ratio) / Math.max(rows, columns))) / ratio
  const ink = fit(canvas, columns * cell, rows * cell)
  const part = (/** @type {number} */ at) => Math.round(127.5 + (127.5 * weights[at]) / far)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column
      ink.fillStyle = `rgb(${part(at)} ${part(at + rows * columns)} ${part(at + 2 * rows * columns)})`
      ink.fillRect(column * cell, row * cell, cell, cell)
    }
}
