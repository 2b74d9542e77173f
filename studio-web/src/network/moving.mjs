import { canvasOf, pen, ratio, size } from './drawing.mjs'

/** @typedef {import('./types').Look} Look */

const SIDE = 112

/** The network's input, moved by whole pixels, as large as a stamp.
 * @param {HTMLCanvasElement} canvas @param {Look} look @param {{ height: number, width: number }} input @param {[number, number]} shift */
export function drawMoved(canvas, look, { height, width }, [down, right]) {
  const scale = (SIDE * ratio()) / Math.max(height, width)
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)]
  size(canvas, wide, high)
  const ink = pen(canvas)
  ink.clearRect(0, 0, wide, high)
  ink.drawImage(canvasOf(look.input, height, width), right * scale, down * scale, wide, high)
}
