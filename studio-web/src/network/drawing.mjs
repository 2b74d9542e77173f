import { grey, magma, signed } from '../core/colour.mjs'
import { paint } from './atlas.mjs'
import { ends, isSigned, sharesEnds } from './maps.mjs'

/** Maps on canvases: drawn once they come into view, and anew where what they show differs. */

/** @typedef {import('./types').Maps} Maps @typedef {import('./types').Slice} Slice */
/** @typedef {import('./atlas.mjs').Layout} Layout @typedef {'light' | 'dark'} Theme */

export const ratio = () => globalThis.devicePixelRatio || 1

/** @param {Maps} maps @param {Slice['palette']} palette @param {Theme} theme */
export function paletteOf(maps, palette, theme) {
  if (isSigned(maps)) return signed(theme)
  return palette === 'magma' ? magma : grey
}

/** Draws maps in an order into a canvas; the layout is in real pixels.
 * @param {HTMLCanvasElement} canvas @param {Layout} layout @param {Maps} maps @param {number[]} order
 * @param {{ palette: Slice['palette'], scale: Slice['scale'], theme: Theme }} wish */
export function drawMaps(canvas, layout, maps, order, { palette, scale, theme }) {
  const begun = performance.now()
  size(canvas, layout.width, layout.height)
  const image = new ImageData(layout.width, layout.height)
  const whole = sharesEnds(maps, scale) ? ends(maps, null) : null
  const colours = new Uint32Array(paletteOf(maps, palette, theme).slice().buffer)
  paint(new Uint32Array(image.data.buffer), layout, maps, order, colours, (channel) => whole ?? ends(maps, channel))
  pen(canvas).putImageData(image, 0, 0)
  performance.measure('kaiyan: maps drawn', { start: begun, end: performance.now(), detail: order.length })
}

/** @param {HTMLCanvasElement} canvas */
export const pen = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))

/** Gives a canvas real pixels, and the size on the page that goes with them.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function size(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  canvas.style.width = `${width / ratio()}px`
  canvas.style.height = `${height / ratio()}px`
}

/** RGB as an image that canvases can draw.
 * @param {Uint8Array} rgb @param {number} height @param {number} width @returns {HTMLCanvasElement} */
export function canvasOf(rgb, height, width) {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const image = new ImageData(width, height)
  for (let from = 0, to = 0; from < rgb.length; to += 4) {
    image.data[to] = rgb[from++]
    image.data[to + 1] = rgb[from++]
    image.data[to + 2] = rgb[from++]
    image.data[to + 3] = 255
  }
  pen(canvas).putImageData(image, 0, 0)
  return canvas
}

/** Draws canvases when they are in view. `paint` names what a canvas shows by a key: the same key is not drawn twice. */
export function createPainter() {
  /** @type {WeakMap<Element, { key: string, draw: () => void, drawn: string | null }>} */
  const wanted = new WeakMap()
  const seen = new WeakSet()
  const refresh = (/** @type {Element} */ canvas) => {
    const wish = wanted.get(canvas)
    if (!wish || wish.drawn === wish.key || !seen.has(canvas)) return
    wish.drawn = wish.key
    wish.draw()
  }
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) seen.add(target)
        else seen.delete(target)
        refresh(target)
      }
    },
    { rootMargin: '240px' },
  )
  return {
    /** @param {HTMLCanvasElement} canvas @param {string} key @param {() => void} draw */
    paint(canvas, key, draw) {
      const before = wanted.get(canvas)
      if (!before) observer.observe(canvas)
      wanted.set(canvas, { key, draw, drawn: before?.drawn ?? null })
      refresh(canvas)
    },
    /** Draws all anew, such as after a change of the theme or the size. */
    forget(/** @type {Iterable<HTMLCanvasElement>} */ canvases) {
      for (const canvas of canvases) {
        const wish = wanted.get(canvas)
        if (wish) wish.drawn = null
      }
    },
    destroy: () => observer.disconnect(),
  }
}
