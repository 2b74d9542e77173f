import { canvasOf, pen } from './drawing.mjs'

/** Pictures that a network is shown; they live here, never in the state. */

/** @typedef {import('../types').App} App @typedef {import('./types').Picture} Picture */

export const PHOTOGRAPH = 'photograph'
const LONGEST = 1024

/** @type {Map<string, Picture>} */
const held = new Map()
let own = 0

/** @param {string} name */
export const pictureCalled = (name) => held.get(name) ?? null

/** @param {App} app */
export async function readPhotograph(app) {
  const answer = await fetch(app.host.boot.photograph)
  held.set(PHOTOGRAPH, { name: PHOTOGRAPH, title: PHOTOGRAPH, ...pixelsOf(await createImageBitmap(await answer.blob())) })
}

/** A file as a picture, read by Python; gives its name.
 * @param {App} app @param {Blob} file @param {string} title @returns {Promise<string>} */
export async function readPicture(app, file, title) {
  const { facts, bytes } = await app.host.ask('picture.read', { name: title }, [new Uint8Array(await file.arrayBuffer())])
  const name = `own-${++own}`
  held.set(name, { name, title, height: facts.height, width: facts.width, rgb: bytes[0] })
  return name
}

/** @param {ImageBitmap} image */
function pixelsOf(image) {
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height))
  const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)]
  const canvas = canvasOf(new Uint8Array(width * height * 3), height, width)
  pen(canvas).drawImage(image, 0, 0, width, height)
  const { data } = pen(canvas).getImageData(0, 0, width, height)
  return { height, width, rgb: Uint8Array.from(data.filter((_, i) => i % 4 !== 3)) }
}
