import { html, render } from 'lit-html'
import { rows } from './atlas.mjs'
import { drawMaps, ratio } from './drawing.mjs'
import { strongest } from './moves.mjs'
import { bringIntoView } from './scrolling.mjs'

/** The strip of all layers in small: each one's most active map, with the same place marked. */

/** @typedef {import('./types').Look} Look @typedef {import('./types').Opened} Opened @typedef {import('./types').Pixel} Pixel */
/** @typedef {import('./types').Slice} Slice */

const SIDE = 44

/** @param {HTMLElement} el @param {ReturnType<typeof import('./drawing.mjs').createPainter>} painter @param {(layer: number) => void} open */
export function createFilm(el, painter, open) {
  el.setAttribute('aria-hidden', 'true')
  let current = -1
  return {
    /** @param {Opened} network @param {Look} look @param {Pixel} pixel @param {Slice} slice @param {'light' | 'dark'} theme */
    draw({ layers }, look, pixel, slice, theme) {
      render(
        layers.map(
          ({ index, path }) => html`
            <button class="frame" tabindex="-1" title="${index} ${path}" aria-current=${index === pixel.layer} @click=${() => open(index)}>
              <canvas data-layer=${index}></canvas>
            </button>
          `,
        ),
        el,
      )
      for (const canvas of el.querySelectorAll('canvas')) {
        const maps = look.maps[Number(canvas.dataset.layer)]
        const side = Math.round(SIDE * ratio())
        const key = [look.number, slice.palette, theme, side].join(' ')
        const draw = () => {
          const channel = strongest(maps)
          const layout = rows(1, maps.height, maps.width, side, { height: side, least: side, gap: 0 })
          drawMaps(canvas, { ...layout, tileWidth: side, tileHeight: side, width: side, height: side }, maps, [channel], { ...slice, scale: 'map', theme })
        }
        painter.paint(canvas, key, draw)
      }
      this.mark(pixel, look)
      if (current !== pixel.layer) bringIntoView(el, el.querySelector('[aria-current="true"]'))
      current = pixel.layer
    },
    /** @param {Pixel} pixel @param {Look} look */
    mark(pixel, look) {
      const { height, width } = look.maps[pixel.layer]
      el.style.setProperty('--across', String((pixel.column + 0.5) / width))
      el.style.setProperty('--down', String((pixel.row + 0.5) / height))
    },
  }
}
