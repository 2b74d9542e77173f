import { short } from '../core/number.mjs'
import { captionFont } from '../stage/look.mjs'
import { fit, line } from '../stage/pen.mjs'

/** The loss after each step, upright as a logarithm; the run before it stays, faint.
 * @typedef {[number, number][]} Curve @typedef {import('../stage/pen.mjs').CanvasPen} Pen
 * @typedef {{ width: number, height: number, curve: Curve, before: Curve, floor: number, look: import('../stage/look.mjs').Look,
 *   best: string, steps: string }} Facts */

const [TOP, FOOT] = [8, 20]
/** Powers of ten that are seen at least, and at most. */
const [LEAST, MOST] = [3, 9]

/** @param {HTMLCanvasElement} canvas @param {Facts} facts */
export function drawCurve(canvas, { width, height, curve, before, floor, look, best, steps }) {
  const pen = fit(canvas, width, height)
  pen.clearRect(0, 0, width, height)
  pen.fillStyle = look.raised
  pen.fillRect(0, 0, width, height - FOOT)
  pen.strokeStyle = look.line
  pen.lineWidth = 1
  pen.strokeRect(0.5, 0.5, width - 1, height - FOOT - 1)
  const losses = [...curve, ...before].map(([, loss]) => loss).filter((loss) => loss > 0 && Number.isFinite(loss))
  const high = Math.ceil(Math.log10(Math.max(...losses, 1e-12)) + 0.1)
  const low = Math.max(Math.min(Math.floor(Math.log10(Math.min(...losses, 1e12))), high - LEAST), high - MOST)
  const last = Math.max(curve[curve.length - 1][0], before.at(-1)?.[0] ?? 0, 50)
  const across = (/** @type {number} */ step) => 1 + ((width - 2) * step) / last
  const down = (/** @type {number} */ loss) => TOP + ((height - FOOT - TOP - 4) * (high - Math.log10(Math.max(loss, 10 ** low)))) / (high - low)
  const path = (/** @type {Curve} */ points, /** @type {string} */ colour, /** @type {number} */ thick) => {
    pen.strokeStyle = colour
    pen.lineWidth = thick
    pen.beginPath()
    for (const [step, loss] of points) if (Number.isFinite(loss)) pen.lineTo(across(step), Math.max(1, down(loss)))
    pen.stroke()
  }
  pen.font = captionFont(look)
  pen.textBaseline = 'alphabetic'
  marks(pen, { high, low, down, width, look })
  if (before.length) path(before, look.faint, 1)
  if (floor > 10 ** low) goal(pen, down(floor), width, best, look)
  path(curve, look.ink, 2)
  pen.fillStyle = look.soft
  pen.textAlign = 'end'
  pen.fillText(`${last} ${steps}`, width, height - 4)
}

/** @param {Pen} pen @param {number} at @param {number} width @param {string} text @param {Facts['look']} look */
function goal(pen, at, width, text, look) {
  pen.strokeStyle = look.good
  pen.setLineDash([4, 4])
  line(pen, 1, at, width - 1, at)
  pen.setLineDash([])
  pen.fillStyle = look.good
  pen.textAlign = 'end'
  pen.fillText(text, width - 6, at - 5)
}

/** Every power of ten, or every third where they are many. @param {Pen} pen
 * @param {{ high: number, low: number, down(loss: number): number, width: number, look: Facts['look'] }} facts */
function marks(pen, { high, low, down, width, look }) {
  const every = high - low > 4 ? 3 : 1
  pen.textAlign = 'start'
  for (let power = high - 1; power > low; power -= every) {
    const at = down(10 ** power)
    pen.strokeStyle = look.line
    line(pen, 1, at, width - 1, at)
    pen.fillStyle = look.soft
    pen.fillText(short(10 ** power), 6, at - 3)
  }
}
