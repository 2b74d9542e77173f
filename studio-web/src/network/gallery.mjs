import { html, render } from 'lit-html'
import { hit, sheet } from './atlas.mjs'
import { blocksOf, sizeOf } from './blocks.mjs'
import { drawMaps, ratio } from './drawing.mjs'
import { deadCount, order } from './maps.mjs'
import { whatOf } from './says.mjs'

/** Every channel of every layer at once: a sheet a layer, a row a block. */

/** @typedef {import('../types').App} App @typedef {import('./types').Slice} Slice @typedef {import('./types').Layer} Layer */
/** @typedef {import('./types').Look} Look @typedef {import('./types').Opened} Opened @typedef {import('./types').Pixel} Pixel */
/** @typedef {import('./blocks.mjs').Block} Block */

/** Maps that are smaller on the page are not marked: the marks would hide them. */
const LEAST_MARKED = 10

/** @param {HTMLElement} el @param {App} app @param {ReturnType<typeof import('./drawing.mjs').createPainter>} painter
 * @param {{ light: (pixel: Pixel | null) => void, open: (pixel: { layer: number } & Partial<Pixel>) => void }} on */
export function createGallery(el, app, painter, on) {
  /** @type {{ look: Look, sort: Slice['sort'] } | null} */
  let shown = null
  let rover = 0

  const pixelAt = (/** @type {PointerEvent | MouseEvent} */ event) => {
    const canvas = /** @type {HTMLCanvasElement | null} */ (/** @type {Element} */ (event.target).closest('.sheet')?.querySelector('canvas'))
    if (!canvas || !shown || event.detail === 0 && event.type === 'click') return null
    const layer = Number(canvas.dataset.layer)
    const maps = shown.look.maps[layer]
    const box = canvas.getBoundingClientRect()
    const layout = layoutOf(maps, canvas)
    const channels = order(maps, shown.sort)
    const found = hit(layout, maps.channels, maps, (event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio())
    return found && { layer, channel: channels[found.slot], row: found.row, column: found.column }
  }
  const opened = (/** @type {MouseEvent} */ event, /** @type {number} */ layer) => on.open(pixelAt(event) ?? { layer })
  const walked = (/** @type {KeyboardEvent} */ event) => {
    const next = walk(event, el, rover)
    if (next !== null) rover = next
  }
  el.addEventListener('pointermove', (event) => on.light(pixelAt(event)))
  el.addEventListener('pointerleave', () => on.light(null))

  return {
    /** @param {Opened} network @param {Look} look @param {Slice} slice @param {'light' | 'dark'} theme */
    draw(network, look, slice, theme) {
      shown = { look, sort: slice.sort }
      const blocks = blocksOf(network.layers).map((block) => (slice.filter === 'blocks' ? lastOf(block) : block))
      const tiles = blocks.map((block) => blockView(app, block, look, { rover, opened, walked }))
      render(html`<div class="gallery ${slice.filter}" role="group" aria-label=${app.t('Every layer')}>${tiles}</div>`, el)
      for (const canvas of el.querySelectorAll('canvas')) {
        const maps = look.maps[Number(canvas.dataset.layer)]
        const side = sideOf(canvas)
        const key = [look.number, slice.sort, slice.palette, slice.scale, theme, side, ratio()].join(' ')
        painter.paint(canvas, key, () => drawMaps(canvas, layoutOf(maps, canvas), maps, order(maps, slice.sort), { ...slice, theme }))
      }
    },
    /** Puts the focus on a layer's sheet, or on the first where only the last of each block are shown.
     * @param {number} layer */
    focus(layer) {
      const sheets = /** @type {HTMLElement[]} */ ([...el.querySelectorAll('.sheet')])
      const sheet = sheets.find((each) => each.querySelector('canvas')?.dataset.layer === String(layer)) ?? sheets[0]
      for (const each of sheets) each.tabIndex = each === sheet ? 0 : -1
      rover = Number(sheet?.querySelector('canvas')?.dataset.layer ?? rover)
      sheet?.focus()
    },
    /** Marks the place of a pixel in the maps of every layer.
     * @param {Pixel | null} pixel */
    mark(pixel) {
      el.classList.toggle('marked', pixel !== null)
      if (!pixel || !shown) return
      const { height, width } = shown.look.maps[pixel.layer]
      el.style.setProperty('--across', String((pixel.column + 0.5) / width))
      el.style.setProperty('--down', String((pixel.row + 0.5) / height))
    },
  }
}

/** @param {HTMLCanvasElement} canvas side of the sheet that it fills, in real pixels */
const sideOf = (canvas) => Math.max(8, Math.floor((/** @type {HTMLElement} */ (canvas.parentElement).clientWidth - 2) * ratio()))

/** @param {import('./types').Maps} maps @param {HTMLCanvasElement} canvas */
function layoutOf(maps, canvas) {
  const layout = sheet(maps.channels, maps.height, maps.width, sideOf(canvas))
  const { style, classList } = /** @type {HTMLElement} */ (canvas.parentElement)
  classList.toggle('fine', layout.tileWidth < LEAST_MARKED * ratio())
  style.setProperty('--wide', `${layout.width / ratio()}px`)
  style.setProperty('--high', `${layout.height / ratio()}px`)
  style.setProperty('--tile-wide', `${(layout.tileWidth + layout.gap) / ratio()}px`)
  style.setProperty('--tile-high', `${(layout.tileHeight + layout.gap) / ratio()}px`)
  return layout
}

/** @param {Block} block @returns {Block} */
const lastOf = ({ name, layers }) => ({ name, layers: layers.slice(-1) })

/** @param {App} app @param {Block} block @param {Look} look
 * @param {{ rover: number, opened: (event: MouseEvent, layer: number) => void, walked: (event: KeyboardEvent) => void }} on */
function blockView(app, { name, layers }, look, { rover, opened, walked }) {
  const last = layers[layers.length - 1]
  const title = name || (layers.length > 1 ? `${layers[0].path} … ${last.path}` : last.path)
  return html`
    <section class="block">
      <h2><code>${title}</code> <small>${sizeOf(last)}</small></h2>
      <div class="sheets">
        ${layers.map(
          (layer) => html`
            <button
              class="sheet"
              tabindex=${layer.index === rover ? 0 : -1}
              title=${sheetSays(app, layer, look)}
              @click=${(/** @type {MouseEvent} */ event) => opened(event, layer.index)}
              @keydown=${walked}
            >
              <span class="print"><canvas data-layer=${layer.index}></canvas></span>
              <span class="what"><span class="number">${layer.index}</span> ${whatOf(app.t, layer)}</span>
            </button>
          `,
        )}
      </div>
    </section>
  `
}

/** @param {App} app @param {Layer} layer @param {Look} look */
function sheetSays({ t }, layer, look) {
  const facts = { layer: layer.index, what: whatOf(t, layer), size: sizeOf(layer), dead: deadCount(look.maps[layer.index]) }
  return facts.dead
    ? t('Open layer {layer}: {what}, {size}; {dead} channels are dead', facts)
    : t('Open layer {layer}: {what}, {size}', facts)
}

/** Arrows walk from sheet to sheet: left and right in order, up and down to the nearest of the next row.
 * @param {KeyboardEvent} event @param {HTMLElement} el @param {number} rover @returns {number | null} */
function walk(event, el, rover) {
  const sheets = /** @type {HTMLElement[]} */ ([...el.querySelectorAll('.sheet')])
  const from = sheets.indexOf(/** @type {HTMLElement} */ (event.currentTarget))
  const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: sheets.length - 1, ArrowDown: beside(sheets, from, 1), ArrowUp: beside(sheets, from, -1) }[event.key]
  if (to === undefined) return null
  event.preventDefault()
  const next = sheets[Math.min(Math.max(to, 0), sheets.length - 1)]
  sheets[from].tabIndex = -1
  next.tabIndex = 0
  next.focus()
  return Number(next.querySelector('canvas')?.dataset.layer ?? rover)
}

/** @param {HTMLElement[]} sheets @param {number} from @param {1 | -1} way */
function beside(sheets, from, way) {
  const { top, left } = sheets[from].getBoundingClientRect()
  let best = from
  let row = NaN
  for (let at = from + way; at >= 0 && at < sheets.length; at += way) {
    const box = sheets[at].getBoundingClientRect()
    if (Math.abs(box.top - top) < 2) continue
    if (Number.isNaN(row)) row = box.top
    if (Math.abs(box.top - row) >= 2) break
    if (best === from || Math.abs(box.left - left) < Math.abs(sheets[best].getBoundingClientRect().left - left)) best = at
  }
  return best
}
