import { DRAWN, drawnCalled } from '../convolution/drawn.mjs'
import { PHOTOGRAPH } from '../convolution/pictures.mjs'

/** Pictures that a network is shown: those that the page holds, and those that are made in code. */

/** @typedef {import('../types').App} App @typedef {import('./types').Picture} Picture */

export { DRAWN, PHOTOGRAPH }

const SIDE = 256

/** Made of their rules alone, so the same for every page. @type {Map<string, Picture>} */
const drawn = new Map()

/** @param {App} app @param {string} name @returns {Picture | null} */
export function pictureCalled({ pictures }, name) {
  const rule = drawnCalled(name)
  if (!rule) return /** @type {Picture | undefined} */ (pictures.called(name)) ?? null
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
