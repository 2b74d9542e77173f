import { ZERO } from '../core/colour.mjs'

/** Many maps in one picture: where each stands, and its pixels. No DOM. */

/** @typedef {import('./types').Maps} Maps */
/** @typedef {{ columns: number, rows: number, tileWidth: number, tileHeight: number, gap: number, width: number, height: number }} Layout */

/** Elements along an axis whose mean a pixel shows; more cost time and look the same. */
const MOST_TAPS = 5

/** A square sheet of all maps, as large as fit.
 * @param {number} count @param {number} mapHeight @param {number} mapWidth @param {number} side pixels @returns {Layout} */
export function sheet(count, mapHeight, mapWidth, side) {
  const ratio = mapHeight / mapWidth
  let columns = Math.max(1, Math.ceil(Math.sqrt(count * ratio)))
  while (columns > 1 && Math.ceil(count / (columns - 1)) * ratio <= columns - 1) columns -= 1
  const gap = side / columns >= 8 ? 1 : 0
  const tileWidth = Math.max(1, Math.floor((side + gap) / columns) - gap)
  return lay(count, columns, tileWidth, Math.max(1, Math.round(tileWidth * ratio)), gap)
}

/** Rows of maps across a width: whole multiples of a map's pixels where it can be, never smaller than `least`.
 * @param {number} count @param {number} mapHeight @param {number} mapWidth @param {number} width pixels
 * @param {{ height: number, least: number, gap: number }} wish the height to fill, in pixels @returns {Layout} */
export function rows(count, mapHeight, mapWidth, width, { height, least, gap }) {
  const ratio = mapHeight / mapWidth
  const fits = Math.sqrt((width * height) / (count * ratio)) - gap
  const wished = Math.min(Math.max(fits, least), width, Math.max(mapWidth * 8, least))
  const tileWidth = Math.max(1, wished >= mapWidth ? Math.floor(wished / mapWidth) * mapWidth : Math.floor(wished))
  const columns = Math.max(1, Math.min(count, Math.floor((width + gap) / (tileWidth + gap))))
  return lay(count, columns, tileWidth, Math.max(1, Math.round(tileWidth * ratio)), gap)
}

/** @param {number} count @param {number} columns @param {number} tileWidth @param {number} tileHeight @param {number} gap @returns {Layout} */
function lay(count, columns, tileWidth, tileHeight, gap) {
  const rows = Math.ceil(count / columns)
  return { columns, rows, tileWidth, tileHeight, gap, width: columns * (tileWidth + gap) - gap, height: rows * (tileHeight + gap) - gap }
}

/** Left and top of a map.
 * @param {Layout} layout @param {number} slot @returns {[number, number]} */
export const corner = ({ columns, tileWidth, tileHeight, gap }, slot) => [
  (slot % columns) * (tileWidth + gap),
  Math.floor(slot / columns) * (tileHeight + gap),
]

/** Which map and which of its pixels lies at a point; null between maps.
 * @param {Layout} layout @param {number} count @param {Maps} maps @param {number} x @param {number} y
 * @returns {{ slot: number, row: number, column: number } | null} */
export function hit(layout, count, maps, x, y) {
  const { columns, tileWidth, tileHeight, gap } = layout
  const across = Math.floor(x / (tileWidth + gap))
  const down = Math.floor(y / (tileHeight + gap))
  const slot = down * columns + across
  const insideX = x - across * (tileWidth + gap)
  const insideY = y - down * (tileHeight + gap)
  if (x < 0 || y < 0 || across >= columns || slot >= count || insideX >= tileWidth || insideY >= tileHeight) return null
  return {
    slot,
    row: Math.floor((insideY / tileHeight) * maps.height),
    column: Math.floor((insideX / tileWidth) * maps.width),
  }
}

/** Colours of a channel's 256 bytes on a scale from `low` to `high`.
 * @param {Uint32Array} palette @param {Maps} maps @param {number} channel @param {[number, number]} scale
 * @param {Uint32Array} into */
export function colours(palette, maps, channel, [low, high], into) {
  const last = low < 0 ? 2 * ZERO : 255
  const start = ((maps.low[channel] - low) / (high - low)) * last
  const step = ((maps.high[channel] - maps.low[channel]) / (high - low)) * (last / 255)
  for (let byte = 0; byte < 256; byte++) into[byte] = palette[Math.max(0, Math.min(last, Math.round(start + byte * step)))]
}

/** Draws maps into pixels. `order` names the channel of each slot; `scale` the ends of a channel's colours.
 * @param {Uint32Array} pixels @param {Layout} layout @param {Maps} maps @param {number[]} order
 * @param {Uint32Array} palette @param {(channel: number) => [number, number]} scale */
export function paint(pixels, layout, maps, order, palette, scale) {
  const table = new Uint32Array(256)
  const sample = sampler(layout, maps)
  for (let slot = 0; slot < order.length; slot++) {
    colours(palette, maps, order[slot], scale(order[slot]), table)
    sample(pixels, slot, order[slot] * maps.height * maps.width, table)
  }
}

/** @param {Layout} layout @param {Maps} maps */
function sampler(layout, maps) {
  return layout.tileWidth >= maps.width && layout.tileHeight >= maps.height ? enlarge(layout, maps) : reduce(layout, maps)
}

/** Nearest neighbour: an element is a rectangle of equal pixels.
 * @param {Layout} layout @param {Maps} maps */
function enlarge(layout, { bytes, height, width }) {
  const from = Int32Array.from({ length: layout.tileWidth }, (_, x) => Math.floor((x / layout.tileWidth) * width))
  return (/** @type {Uint32Array} */ pixels, /** @type {number} */ slot, /** @type {number} */ at, /** @type {Uint32Array} */ table) => {
    const [left, top] = corner(layout, slot)
    let last = -1
    for (let y = 0; y < layout.tileHeight; y++) {
      const row = Math.floor((y / layout.tileHeight) * height)
      const to = (top + y) * layout.width + left
      if (row === last) pixels.copyWithin(to, to - layout.width, to - layout.width + layout.tileWidth)
      else for (let x = 0; x < layout.tileWidth; x++) pixels[to + x] = table[bytes[at + row * width + from[x]]]
      last = row
    }
  }
}

/** Smaller than the map: the mean of the elements that a pixel covers.
 * @param {Layout} layout @param {Maps} maps */
function reduce(layout, { bytes, height, width }) {
  const across = probes(width, layout.tileWidth)
  const down = probes(height, layout.tileHeight)
  const taps = across.length / layout.tileWidth
  const rows = down.length / layout.tileHeight
  const each = 1 / (taps * rows)
  return (/** @type {Uint32Array} */ pixels, /** @type {number} */ slot, /** @type {number} */ at, /** @type {Uint32Array} */ table) => {
    const [left, top] = corner(layout, slot)
    for (let y = 0; y < layout.tileHeight; y++) {
      const to = (top + y) * layout.width + left
      for (let x = 0; x < layout.tileWidth; x++) {
        let sum = 0
        for (let i = 0; i < rows; i++) {
          const row = at + down[y * rows + i] * width
          for (let j = 0; j < taps; j++) sum += bytes[row + across[x * taps + j]]
        }
        pixels[to + x] = table[Math.round(sum * each)]
      }
    }
  }
}

/** Places to read for each of `to` pixels of `from` elements, spread over what the pixel covers.
 * @param {number} from @param {number} to */
function probes(from, to) {
  const taps = Math.max(1, Math.min(MOST_TAPS, Math.round(from / to)))
  return Int32Array.from({ length: to * taps }, (_, i) => {
    const pixel = Math.floor(i / taps)
    return Math.min(from - 1, Math.floor(((pixel + ((i % taps) + 0.5) / taps) / to) * from))
  })
}
