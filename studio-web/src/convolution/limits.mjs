import { say, words } from './say.mjs'
import { weightCount } from './weights.mjs'

/** @typedef {import('../types').Conv} Conv */

const MOST_CHANNELS = 2048
const MOST_WEIGHTS = 1_000_000
const MOST_NUMBERS = 24_000_000
const LARGEST_KERNEL = 101

/** Why a page cannot draw a layer, nothing or too much; null where it can.
 * @param {Conv} conv @returns {null | { error: import('../types').Words, ways: import('../types').Words[] }} */
export function undrawable(conv) {
  if (!conv.in_channels || !conv.out_channels) return { error: words(say('a layer of 0 channels has nothing to draw')), ways: [] }
  const channels = Math.max(conv.in_channels, conv.out_channels)
  if (channels > MOST_CHANNELS) return beyond(say('the page draws up to {most} channels; this layer has {n}'), MOST_CHANNELS, channels)
  const side = Math.max(...conv.axes.map(({ kernel }) => kernel))
  if (side > LARGEST_KERNEL) return beyond(say('the page draws kernels of up to {most} along an axis; this one has {n}'), LARGEST_KERNEL, side)
  const count = weightCount(conv)
  if (count > MOST_WEIGHTS) return beyond(say('the page holds up to {most} weights; this layer has {n}'), MOST_WEIGHTS, count)
  return null
}

/** @param {number[]} shape @returns {ReturnType<typeof undrawable>} */
export function tooLarge(shape) {
  const count = shape.reduce((all, n) => all * n, 1)
  if (count <= MOST_NUMBERS) return null
  return beyond(say('the page draws up to {most} numbers at once; here there would be {n}'), MOST_NUMBERS, count)
}

/** @param {string} text @param {number} most @param {number} n */
function beyond(text, most, n) {
  const spelled = (/** @type {number} */ x) => String(x).replace(/\B(?=(\d{3})+$)/g, ' ')
  return { error: words(text, { most: spelled(most), n: spelled(n) }), ways: [] }
}
