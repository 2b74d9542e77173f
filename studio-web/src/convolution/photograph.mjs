import { PHOTOGRAPH } from './pictures.mjs'

/** @typedef {import('../types').App} App */

const LONGEST_SIDE = 1024

/** The photograph that the page was opened with, read once.
 * @param {App} app */
export async function readPhotograph({ pictures, host: { boot } }) {
  if (pictures.isHeld(PHOTOGRAPH)) return
  const image = new Image()
  image.src = boot.photograph
  await image.decode()
  pictures.hold({ title: boot.name ?? 'astronaut', ...pixelsOf(image) }, PHOTOGRAPH)
}

/** Height, width and RGB of what the browser has decoded, the longest side at most 1024.
 * @param {ImageBitmap | HTMLImageElement | HTMLVideoElement} image */
export function pixelsOf(image) {
  const [wide, high] = image instanceof HTMLVideoElement ? [image.videoWidth, image.videoHeight] : [image.width, image.height]
  const scale = Math.min(1, LONGEST_SIDE / Math.max(wide, high))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(wide * scale))
  canvas.height = Math.max(1, Math.round(high * scale))
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }))
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(image, 0, 0, canvas.width, canvas.height)
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  const rgb = new Uint8Array(canvas.width * canvas.height * 3)
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from]
    rgb[to++] = data[from + 1]
    rgb[to++] = data[from + 2]
  }
  return { height: canvas.height, width: canvas.width, rgb }
}
