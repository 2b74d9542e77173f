import { at, nextChannel, step, toLayer } from './moves.mjs'
import { SORTS } from './slice.mjs'

/** The keys of the tab. */

/** @typedef {import('./context').Context} Context @typedef {import('./types').Pixel} Pixel */

/** Said by the shell's help. @type {[string, string][]} */
export const HELP = [
  ['← ↑ ↓ →', 'move to another pixel of the map'],
  ['Shift + ←', 'move by ten pixels'],
  ['[ ]', 'previous or next channel'],
  ['PgUp PgDn', 'previous or next layer'],
  ['Enter', 'open the sum of the pixel'],
  ['Esc', 'back: to the predictions, then to all layers'],
  ['S', 'sort the channels in another way'],
  ['D', 'the difference between two pictures'],
  ['+ −', 'zoom until the numbers appear'],
  ['P', 'play layer by layer, or stop'],
]

/** @param {() => Context | null} now @param {() => void} focus */
export function keysOf(now, focus) {
  /** @param {(pixel: Pixel, context: Context) => Pixel} move */
  const moved = (move) => () => {
    const context = now()
    if (!context?.pixel) return
    context.change(at(move(context.pixel, context)))
  }
  const arrows = (/** @type {number} */ far) =>
    /** @type {Record<string, () => void>} */ ({
      ArrowUp: moved((pixel, { look }) => step(pixel, look, -far, 0)),
      ArrowDown: moved((pixel, { look }) => step(pixel, look, far, 0)),
      ArrowLeft: moved((pixel, { look }) => step(pixel, look, 0, -far)),
      ArrowRight: moved((pixel, { look }) => step(pixel, look, 0, far)),
    })
  const layer = (/** @type {number} */ by) => () => {
    const context = now()
    if (!context) return
    const { pixel, look, change } = context
    if (pixel) return change(at(toLayer(pixel, look, pixel.layer + by)))
    change({ layer: by > 0 ? 0 : look.maps.length - 1, channel: null, place: null })
    requestAnimationFrame(focus)
  }
  const channel = (/** @type {number} */ by) => moved((pixel, { look, slice }) => nextChannel(pixel, look, slice.sort, by))
  const sort = () => {
    const context = now()
    if (context) context.change({ sort: SORTS[(SORTS.indexOf(context.slice.sort) + 1) % SORTS.length] })
  }
  const difference = () => {
    const context = now()
    if (context) context.change({ difference: !context.slice.difference, panel: 'compare' })
  }
  const zoom = (/** @type {number} */ by) => () => {
    const context = now()
    if (context) context.change({ zoom: Math.min(64, Math.max(1, context.slice.zoom * by)) })
  }
  return {
    ...arrows(1),
    ...Object.fromEntries(Object.entries(arrows(10)).map(([key, action]) => [`Shift+${key}`, action])),
    '[': channel(-1),
    ']': channel(1),
    PageUp: layer(-1),
    PageDown: layer(1),
    Enter: () => now()?.pixel && now()?.change({ panel: 'sum' }),
    Escape: () => back(now()),
    s: sort,
    d: difference,
    '+': zoom(2),
    '=': zoom(2),
    '-': zoom(0.5),
    p: () => now()?.change({ walking: !now()?.slice.walking }),
  }
}

/** @param {Context | null} context */
function back(context) {
  if (!context) return
  const { slice, change } = context
  if (slice.walking) return change({ walking: false })
  if (slice.zoom > 1) return change({ zoom: 1 })
  if (slice.panel === 'sum') return change({ panel: 'answer' })
  change({ layer: null, channel: null, place: null })
}
