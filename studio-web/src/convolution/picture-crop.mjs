/** The whole picture, small, with a frame around the piece that is looked at: dragged, or moved with the arrow keys. */
import { drawnCalled } from './drawn.mjs'
import { frameOf } from './pictures.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice @typedef {import('./pictures.mjs').Pictures} Pictures */

const SIDE = 128

/** @param {HTMLCanvasElement} canvas @param {Pictures} pictures @param {Slice} slice */
export function drawThumbnail(canvas, pictures, slice) {
  const whole = { ...slice, crop: null, shift: [0, 0], side: Math.min(SIDE, drawnCalled(slice.picture) ? slice.side : SIDE) }
  const sampled = pictures.sample(whole)
  if (!sampled) return
  const { height, width, planes } = sampled
  const key = `${slice.picture} ${height} ${slice.crop}`
  if (canvas.dataset.drawn === key) return
  canvas.dataset.drawn = key
  Object.assign(canvas, { height, width })
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
  const image = context.createImageData(width, height)
  for (let i = 0; i < height * width; i++) image.data.set([planes[0][i], planes[1][i], planes[2][i], 255], i * 4)
  context.putImageData(image, 0, 0)
}

/** Where the frame stands, as parts of the thumbnail's height and width. @param {Pictures} pictures @param {Slice} slice */
export function frameIn(pictures, { picture, crop, side }) {
  const source = pictures.called(picture)
  if (!source || !crop) return null
  const { top, left, size } = frameOf(source, { crop, side })
  return { top: top / source.height, left: left / source.width, height: size / source.height, width: size / source.width }
}

/** The crop with its middle at a place, kept within the picture.
 * @param {Pictures} pictures @param {Slice} slice @param {number} row @param {number} column parts of the picture @param {number} [span] */
export function croppedAt(pictures, { picture, crop }, row, column, span = crop?.[2] ?? 0.5) {
  const { height, width } = pictures.called(picture) ?? { height: 1, width: 1 }
  const half = (/** @type {number} */ n) => (span * Math.min(height, width)) / n / 2
  const within = (/** @type {number} */ at, /** @type {number} */ n) => Math.min(Math.max(at, half(n)), 1 - half(n))
  return [within(row, height), within(column, width), span].map((x) => Number(x.toFixed(4)))
}
