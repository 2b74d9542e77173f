import { refusalOf } from '../../host/refusal.mjs'
import { blank, isBlank, SIDE, stroked } from './bitmap.mjs'
import { floats } from './training.mjs'

/** @typedef {ReturnType<typeof import('./training.mjs').createTraining>} Training
 * @typedef {{ name: string, shape: number[], most: number, values: Float32Array }} SeenLayer
 * @typedef {{ step: number, shares: number[], layers: SeenLayer[], ink: { top: number, left: number, height: number, width: number },
 *   nearest: { digit: number, distance: number, counts: Uint8Array }, usual: number, filled: number, count: number, counts: Uint8Array }} Read */

/** What the network is shown: a drawing, or one of the data's pictures; and what it makes of it, at each step anew.
 * @param {Training} training @param {() => void} changed */
export function createSubject(training, changed) {
  const state = {
    drawing: /** @type {Uint8Array} */ (blank()),
    /** A picture of the data that is looked at instead of the drawing, and the digit that it is. */
    picture: /** @type {{ counts: Uint8Array, digit: number } | null} */ (null),
    read: /** @type {Read | null} */ (null),
    refusal: /** @type {import('../../types').Refusal | null} */ (null),
  }
  let isAsking = false
  /** What is to be read when the answer to the last question is here. @type {object | null} */
  let next = null

  /** @param {{ fit?: boolean }} wish */
  const ask = async (wish) => {
    const shown = state.picture?.counts ?? state.drawing
    const side = state.picture ? 8 : SIDE
    const { facts, bytes } = await training.ask('digits.read', { height: side, width: side, ...wish }, [shown])
    if (shown !== (state.picture?.counts ?? state.drawing)) return
    const [counts, nearest, drawing, ...maps] = bytes
    if (wish.fit) state.drawing = drawing
    const layers = facts.layers.map((/** @type {any} */ layer, /** @type {number} */ i) => ({ ...layer, values: floats(maps[i]) }))
    Object.assign(state, { refusal: null, read: { ...facts, step: training.state.standing?.step ?? 0, counts, nearest: { ...facts.nearest, counts: nearest }, layers } })
  }
  const isNothing = () => !state.picture && isBlank(state.drawing)

  /** Reads what is shown; while an answer is awaited, the newest wish waits. @param {{ fit?: boolean }} [wish] */
  const read = async (wish = {}) => {
    if (isNothing()) Object.assign(state, { read: null, refusal: null })
    next = wish
    changed()
    if (isAsking) return
    isAsking = true
    while (next && !isNothing()) {
      const now = next
      next = null
      await ask(now).catch((error) => Object.assign(state, { read: null, refusal: refusalOf(error) }))
      changed()
    }
    isAsking = false
  }

  return {
    state,
    read,
    /** @param {number[]} from @param {number[]} to @param {0 | 1} ink */
    draw(from, to, ink) {
      state.picture = null
      state.drawing = stroked(state.drawing, from, to, ink)
      return read()
    },
    clear() {
      state.picture = null
      state.drawing = blank()
      return read()
    },
    fit: () => read({ fit: true }),
    /** @param {Uint8Array} counts @param {number} digit */
    look(counts, digit) {
      state.picture = { counts, digit }
      return read()
    },
  }
}
