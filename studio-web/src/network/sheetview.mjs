import { corner, hit, rows } from './atlas.mjs'
import { drawMaps, pen, ratio, size } from './drawing.mjs'
import { isDead, order } from './maps.mjs'

/** All maps of the layer in focus on one canvas, with a second one over it for what is marked. */

/** @typedef {import('./types').Look} Look @typedef {import('./types').Maps} Maps @typedef {import('./types').Pixel} Pixel */
/** @typedef {import('./types').Slice} Slice @typedef {import('../stage/look.mjs').Look} Theme @typedef {import('./atlas.mjs').Layout} Layout */
/** @typedef {{ maps: Maps, channels: number[], layout: Layout, theme: Theme, pixel: Pixel }} Shown */

const LEAST_TILE = 28
const GAP = 4

/** @param {HTMLElement} el @param {(pixel: Pixel | null) => void} light @param {(pixel: Pixel) => void} open */
export function createSheet(el, light, open) {
  const base = el.appendChild(document.createElement('canvas'))
  const marks = el.appendChild(document.createElement('canvas'))
  /** @type {Shown | null} */
  let shown = null
  let drawn = ''

  const pixelAt = (/** @type {PointerEvent | MouseEvent} */ event) => {
    if (!shown) return null
    const { maps, channels, layout, pixel } = shown
    const box = base.getBoundingClientRect()
    const found = hit(layout, channels.length, maps, (event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio())
    return found && { layer: pixel.layer, channel: channels[found.slot], row: found.row, column: found.column }
  }
  el.addEventListener('pointermove', (event) => light(pixelAt(event)))
  el.addEventListener('pointerleave', () => light(null))
  el.addEventListener('click', (event) => {
    const pixel = pixelAt(event)
    if (pixel) open(pixel)
  })

  return {
    /** @param {number} number of the look @param {Maps} maps @param {Pixel} pixel @param {Slice} slice @param {Theme} theme @param {string} word for dead maps */
    draw(number, maps, pixel, slice, theme, word) {
      const channels = order(maps, slice.sort)
      const layout = layoutOf(maps, el.clientWidth)
      const key = [number, pixel.layer, slice.sort, slice.palette, slice.scale, theme.theme, layout.width, layout.tileWidth].join(' ')
      if (key !== drawn || shown?.maps !== maps) drawMaps(base, layout, maps, channels, { ...slice, theme: theme.theme })
      drawn = key
      shown = { maps, channels, layout, theme, pixel }
      mark(marks, shown, pixel, word)
    },
    /** Marks the place of a pixel in every map.
     * @param {Pixel} pixel @param {string} word */
    mark(pixel, word) {
      if (shown) mark(marks, shown, pixel, word)
    },
  }
}

/** @param {Maps} maps @param {number} pageWidth */
function layoutOf({ channels, height, width }, pageWidth) {
  const real = Math.max(64, Math.floor(pageWidth * ratio()))
  const least = Math.min(real, LEAST_TILE * ratio())
  return rows(channels, height, width, real, { height: Math.max(480 * ratio(), real * 0.6), least, gap: GAP * ratio() })
}

/** The map in focus is framed, the pixel is marked in all, dead maps are hatched and named.
 * @param {HTMLCanvasElement} canvas @param {Shown} shown @param {Pixel} pixel @param {string} word */
function mark(canvas, { maps, channels, layout, theme }, pixel, word) {
  size(canvas, layout.width, layout.height)
  const ink = pen(canvas)
  ink.clearRect(0, 0, layout.width, layout.height)
  const { tileWidth, tileHeight } = layout
  const dot = Math.max(2, Math.round(2 * ratio()))
  const [x, y] = [((pixel.column + 0.5) / maps.width) * tileWidth, ((pixel.row + 0.5) / maps.height) * tileHeight]
  ink.font = `${12 * ratio()}px ${theme.sans}`
  channels.forEach((channel, slot) => {
    const [left, top] = corner(layout, slot)
    if (isDead(maps, channel)) dead(ink, theme, { left, top, tileWidth, tileHeight, word })
    ink.fillStyle = theme.window
    ink.fillRect(Math.round(left + x - dot / 2), Math.round(top + y - dot / 2), dot, dot)
    if (channel !== pixel.channel) return
    ink.strokeStyle = theme.window
    ink.lineWidth = 2 * ratio()
    ink.strokeRect(left - ratio(), top - ratio(), tileWidth + 2 * ratio(), tileHeight + 2 * ratio())
  })
}

/** @param {CanvasRenderingContext2D} ink @param {Theme} theme
 * @param {{ left: number, top: number, tileWidth: number, tileHeight: number, word: string }} tile */
function dead(ink, theme, { left, top, tileWidth, tileHeight, word }) {
  ink.fillStyle = theme.paper
  ink.fillRect(left, top, tileWidth, tileHeight)
  ink.strokeStyle = theme.faint
  ink.lineWidth = 1
  ink.strokeRect(left + 0.5, top + 0.5, tileWidth - 1, tileHeight - 1)
  ink.beginPath()
  ink.moveTo(left, top + tileHeight)
  ink.lineTo(left + tileWidth, top)
  if (ink.measureText(word).width + 4 > tileWidth) return ink.stroke()
  ink.fillStyle = theme.soft
  ink.textAlign = 'center'
  ink.textBaseline = 'middle'
  ink.fillText(word, left + tileWidth / 2, top + tileHeight / 2)
}
