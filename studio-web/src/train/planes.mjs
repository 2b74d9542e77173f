import { signed } from '../core/colour.mjs'
import { drawGrid } from '../stage/grid.mjs'
import { drawLegendUnder } from '../stage/legend.mjs'
import { crisp, fit } from '../stage/pen.mjs'
import { toneOf } from '../stage/tone.mjs'
import { wishOf } from './wishes.mjs'

/** Pictures of the bench, and their colours.
 * @typedef {import('../core/learning.mjs').Plane} Plane @typedef {import('../stage/tone.mjs').Tone} Tone @typedef {import('../stage/look.mjs').Look} Look */

/** Room for a legend under a picture. */
const LEGEND = 30

/** @param {HTMLCanvasElement} canvas @param {Plane} plane
 * @param {{ side: number, tone: Tone, look: Look, offset: number, legend: boolean, cursor?: number | null }} how `offset` is added to every number */
export function drawPlane(canvas, plane, { side, tone, look, offset, legend, cursor = null }) {
  const cell = crisp(side / Math.max(plane.height, plane.width), globalThis.devicePixelRatio || 1)
  const box = { x: 1, y: 1, width: plane.width * cell, height: plane.height * cell }
  canvas.dataset.cell = String(cell)
  const pen = fit(canvas, Math.max(box.width + 2, legend ? Math.min(side, 160) : 0), box.height + 2 + (legend ? LEGEND : 0))
  pen.clearRect(0, 0, side + 2, box.height + 2 + LEGEND)
  drawGrid(pen, { box, cell, rows: plane.height, columns: plane.width, value: (row, column) => plane.data[row * plane.width + column] + offset, plain: true, tone, look })
  if (legend) drawLegendUnder(pen, { x: 1, y: box.height + 8, width: box.width, tone, look, bars: false })
  if (cursor === null) return
  pen.strokeStyle = look.window
  pen.lineWidth = 2
  pen.strokeRect(box.x + (cursor % plane.width) * cell - 1, box.y + Math.floor(cursor / plane.width) * cell - 1, 2 * cell + 2, 2 * cell + 2)
}

/** The colours of the bench: what is made has those of what is wanted, so that the two can be compared; the difference has
 * its ends, so that it fades. What is wanted is grey where it is a picture: of a kernel that keeps brightness, or cut at 0.
 * @param {import('./kernels.mjs').Scene} scene @param {Look} look */
export function tonesOf({ picture, problem, facts, slice }, { theme }) {
  const wanted = problem.wanted.data.map((value) => value + problem.offset)
  const { kernel: wish, cut } = wishOf(slice)
  const isPicture = cut || wish.reduce((all, value) => all + value, 0) > 0.5
  const most = wanted.reduce((far, value) => Math.max(far, Math.abs(value)), 0) || 1
  const far = (/** @type {ArrayLike<number>} */ kernel) => Array.from(kernel).reduce((all, value) => Math.max(all, Math.abs(value)), 0) || 1
  const both = far(problem.goal.kernel)
  return {
    input: toneOf(picture.data, theme, { signed: false, low: 0, high: 1 }),
    wanted: isPicture ? toneOf([...wanted, 0, 1], theme, { signed: false }) : symmetric(most, theme),
    difference: symmetric(most, theme),
    kernels: facts.kernels.map((kernel) => (facts.kernels.length === 1 ? both : far(kernel))),
    both,
  }
}

/** @param {number} most @param {'light' | 'dark'} theme @returns {Tone} */
const symmetric = (most, theme) => ({ low: -most, high: most, signed: true, palette: signed(theme) })
