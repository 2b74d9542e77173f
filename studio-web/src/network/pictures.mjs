import { DRAWN, drawnCalled } from '../convolution/drawn.mjs'
import { PHOTOGRAPH, isHeld, pictureCalled as heldCalled } from '../convolution/pictures.mjs'
import { readPhotograph as read, readPicture as readFile } from '../convolution/reading.mjs'

/** Pictures that a network is shown: those that the page holds, and those that are made in code. */

/** @typedef {import('../types').App} App @typedef {import('./types').Picture} Picture */

export { DRAWN, PHOTOGRAPH }

const SIDE = 256

/** @type {Map<string, Picture>} */
const drawn = new Map()

/** @param {string} name @returns {Picture | null} */
export function pictureCalled(name) {
  const rule = drawnCalled(name)
  if (!rule) return /** @type {Picture | undefined} */ (heldCalled(name)) ?? null
  const made = drawn.get(name) ?? { name, title: rule.title, height: SIDE, width: SIDE, rgb: draw(rule) }
  drawn.set(name, made)
  return made
}

/** @param {import('../convolution/drawn.mjs').Drawn} rule */
function draw({ colour }) {
  const rgb = new Uint8Array(SIDE * SIDE * 3)
  for (let i = 0; i < SIDE * SIDE; i++) rgb.set(colour(Math.floor(i / SIDE), i % SIDE, SIDE), 3 * i)
  return rgb
}

/** @param {App} app */
export async function readPhotograph({ host: { boot } }) {
  if (!isHeld(PHOTOGRAPH)) await read(boot.photograph, PHOTOGRAPH, /** @type {any} */ (boot).name ?? 'astronaut')
}

/** A file as a picture; gives its name.
 * @param {App} app @param {Blob} file @param {string} title */
export const readPicture = async (app, file, title) => (await readFile(app, file, title)).name
