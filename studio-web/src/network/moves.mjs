import { activity, order } from './maps.mjs'
import { samePlace } from './fields.mjs'

/** Where the eye is: layer, channel and pixel, and how keys move them. No DOM. */

/** @typedef {import('./types').Slice} Slice @typedef {import('./types').Look} Look @typedef {import('./types').Pixel} Pixel */

/** The pixel in focus: what the state names, within what the network has; null in the view of all layers.
 * @param {Slice} slice @param {Look} look @returns {Pixel | null} */
export function pixelOf({ layer, channel, place }, { maps }) {
  if (layer === null) return null
  const index = Math.min(layer, maps.length - 1)
  const { channels, height, width } = maps[index]
  return {
    layer: index,
    channel: channel === null ? strongest(maps[index]) : Math.min(channel, channels - 1),
    row: Math.min(place?.[0] ?? Math.floor((height - 1) / 2), height - 1),
    column: Math.min(place?.[1] ?? Math.floor((width - 1) / 2), width - 1),
  }
}

/** The most active channel.
 * @param {import('./types').Maps} maps */
export function strongest(maps) {
  const active = activity(maps)
  let best = 0
  for (let channel = 1; channel < maps.channels; channel++) if (active[channel] > active[best]) best = channel
  return best
}

/** Changes that put the eye on a pixel.
 * @param {Pixel} pixel @returns {Partial<Slice>} */
export const at = ({ layer, channel, row, column }) => ({ layer, channel, place: [row, column] })

/** Down or across in the map in focus.
 * @param {Pixel} pixel @param {Look} look @param {number} down @param {number} right */
export function step(pixel, look, down, right) {
  const { height, width } = look.maps[pixel.layer]
  return { ...pixel, row: within(pixel.row + down, height), column: within(pixel.column + right, width) }
}

/** To the next channel in the order that is shown.
 * @param {Pixel} pixel @param {Look} look @param {Slice['sort']} sort @param {number} by */
export function nextChannel(pixel, look, sort, by) {
  const channels = order(look.maps[pixel.layer], sort)
  return { ...pixel, channel: channels[within(channels.indexOf(pixel.channel) + by, channels.length)] }
}

/** To another layer, at the same place of the picture, in its most active channel.
 * @param {Pixel} pixel @param {Look} look @param {number} layer @returns {Pixel} */
export function toLayer(pixel, look, layer) {
  const from = look.maps[pixel.layer]
  const to = within(layer, look.maps.length)
  const { channels, height, width } = look.maps[to]
  const channel = channels === from.channels ? pixel.channel : strongest(look.maps[to])
  return { layer: to, channel, row: samePlace(pixel.row, from.height, height), column: samePlace(pixel.column, from.width, width) }
}

/** @param {number} i @param {number} n */
const within = (i, n) => Math.min(Math.max(i, 0), n - 1)
