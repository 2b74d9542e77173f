import { html, nothing, render } from 'lit-html'
import { short } from '../core/number.mjs'
import { sizeOf } from './blocks.mjs'
import { createFilm } from './film.mjs'
import { inside } from './fields.mjs'
import { createGallery } from './gallery.mjs'
import { deadCount, isSigned, sharesEnds, difference, valueAt, valuesOf } from './maps.mjs'
import { at, nextChannel, toLayer } from './moves.mjs'
import { SORTS } from './slice.mjs'
import { about, percent, pixelSays, whatOf } from './says.mjs'
import { createSheet } from './sheetview.mjs'
import { cellUnder, drawEnds, drawMap, drawPicture, toneOf } from './sight.mjs'

/** The middle of the tab: the picture and the map in focus, and all maps of the layer or of the network. */

/** @typedef {import('../types').App} App @typedef {import('./context').Context} Context @typedef {import('./types').Pixel} Pixel */
/** @typedef {import('./types').Maps} Maps */

const SKELETON = html`
  <header class="head"></header>
  <div class="sight">
    <figure class="seen"><div class="hold"><canvas role="img"></canvas></div><figcaption></figcaption></figure>
    <figure class="focus">
      <div class="hold" tabindex="0" role="application"><canvas></canvas></div>
      <figcaption></figcaption>
    </figure>
    <div class="lead"></div>
  </div>
  <div class="film"></div>
  <div class="tools"></div>
  <div class="maps"></div>
  <div class="overview"></div>
`

/** @param {HTMLElement} el @param {App} app @param {ReturnType<typeof import('./drawing.mjs').createPainter>} painter */
export function createStageView(el, app, painter) {
  render(SKELETON, el)
  const part = (/** @type {string} */ css) => /** @type {HTMLElement} */ (el.querySelector(css))
  const canvas = (/** @type {string} */ css) => /** @type {HTMLCanvasElement} */ (el.querySelector(css))
  const [picture, map] = [canvas('.seen canvas'), canvas('.focus canvas')]
  /** @type {Context | null} */
  let context = null
  /** @type {Pixel | null} */
  let hovered = null
  /** @type {import('../stage/grid.mjs').Grid | null} */
  let grid = null
  let frame = 0
  let last = 0

  const light = (/** @type {Pixel | null} */ pixel) => {
    if (same(pixel, hovered)) return
    hovered = pixel
    frame ||= requestAnimationFrame(() => {
      frame = 0
      if (context) lit(context)
    })
  }
  const open = (/** @type {{ layer: number } & Partial<Pixel>} */ { layer, channel, row, column }) =>
    context?.change(channel === undefined ? { layer, channel: null, place: null } : at({ layer, channel, row: row ?? 0, column: column ?? 0 }))
  const gallery = createGallery(part('.overview'), app, painter, { light, open })
  const sheet = createSheet(part('.maps'), light, open)
  const film = createFilm(part('.film'), painter, (layer) => {
    if (context?.pixel) context.change(at(toLayer(context.pixel, context.look, layer)))
  })

  const focusPixel = (/** @type {PointerEvent | MouseEvent} */ event) => {
    const place = grid && context?.pixel ? cellUnder(grid, map, event) : null
    return place && context?.pixel ? { ...context.pixel, row: place[0], column: place[1] } : null
  }
  map.addEventListener('pointermove', (event) => light(focusPixel(event)))
  map.addEventListener('pointerleave', () => light(null))
  map.addEventListener('click', (event) => {
    const pixel = focusPixel(event)
    if (pixel) context?.change({ ...at(pixel), panel: 'sum' })
  })

  /** Draws what follows the pointer: field, marks, the map in focus, and the sentence.
   * @param {Context} now */
  const lit = (now) => {
    const { look, network, slice, theme } = now
    const pixel = hovered ?? now.pixel
    const field = pixel && now.fieldOf(pixel)
    const trail = slice.walking && pixel ? trailOf(now, pixel) : []
    drawPicture(picture, { look, input: network.input, theme, trail }, field)
    gallery.mark(pixel)
    if (!pixel) return app.tell('')
    const says = pixelSays(app.t, pixel, field, network.input, valueSays(now, pixel))
    if (!slice.walking) app.tell(says)
    if (!now.pixel) return
    const shown = pixel.layer === now.pixel.layer ? pixel : now.pixel
    film.mark(pixel, look)
    sheet.mark(shown, app.t('dead'))
    grid = drawFocus(map, now, shown)
    part('.focus .hold').setAttribute('aria-label', says)
  }

  return {
    /** @param {Context} now */
    draw(now) {
      if (!same(now.pixel, context?.pixel ?? null)) hovered = null
      context = now
      last = now.pixel?.layer ?? last
      const { pixel, look, network, slice, theme } = now
      el.classList.toggle('one', pixel !== null)
      render(headView(now), part('.head'))
      render(pictureSays(now), part('.seen figcaption'))
      render(pixel ? app.t('the map of channel {channel}', { ...pixel }) : nothing, part('.focus figcaption'))
      render(pixel ? placeView(now, pixel) : leadView(now), part('.lead'))
      render(toolsView(now), part('.tools'))
      picture.setAttribute('aria-label', app.t('The picture, with what the network sees of it framed'))
      part('.focus .hold').setAttribute('aria-roledescription', app.t('feature map'))
      for (const [css, shown] of /** @type {[string, boolean][]} */ ([['.focus', !!pixel], ['.film', !!pixel], ['.maps', !!pixel], ['.overview', !pixel]])) part(css).hidden = !shown
      if (pixel) {
        sheet.draw(look.number, shownMaps(now, pixel), pixel, slice, theme, app.t('dead'))
        film.draw(network, look, pixel, slice, theme.theme)
      } else gallery.draw(network, look, slice, theme.theme)
      const ends = canvas('.tools canvas.ends')
      if (ends && pixel) drawEnds(ends, toneOf(shownMaps(now, pixel), pixel.channel, slice, theme.theme), theme)
      lit(now)
    },
    /** Puts the focus on the map, or on the layer that was open last. */
    focus: () => (context?.pixel ? part('.focus .hold').focus() : gallery.focus(last)),
    destroy: () => cancelAnimationFrame(frame),
  }
}

/** @type {WeakMap<Maps, WeakMap<Maps, Maps>>} */
const differences = new WeakMap()

/** The maps of the layer in focus, or their difference from the second picture's.
 * @param {Context} context @param {Pixel} pixel @returns {Maps} */
function shownMaps({ look, other, slice }, { layer }) {
  const maps = look.maps[layer]
  const second = other?.maps[layer]
  if (!slice.difference || !second || second.bytes.length !== maps.bytes.length) return maps
  const known = differences.get(maps)?.get(second) ?? difference(maps, second)
  differences.set(maps, (differences.get(maps) ?? new WeakMap()).set(second, known))
  return known
}

/** @param {HTMLCanvasElement} canvas @param {Context} context @param {Pixel} pixel */
function drawFocus(canvas, context, pixel) {
  const maps = shownMaps(context, pixel)
  const tone = toneOf(maps, pixel.channel, context.slice, context.theme.theme)
  return drawMap(canvas, exactMap(context, pixel) ?? valuesOf(maps, pixel.channel), maps, { pixel, zoom: context.slice.zoom, tone, theme: context.theme })
}

/** The channel in focus as the network computed it, once Python has sent it.
 * @param {Context} context @param {Pixel} pixel */
function exactMap(context, pixel) {
  const { pixel: own, session, look, slice } = context
  if (!own || own.layer !== pixel.layer || own.channel !== pixel.channel || (slice.difference && context.other)) return null
  return session.map(look, own)
}

/** @param {Context} context @param {Pixel} pixel */
function valueSays(context, pixel) {
  const maps = shownMaps(context, pixel)
  const exact = exactMap(context, pixel)
  if (exact) return short(exact[pixel.row * maps.width + pixel.column])
  return `≈ ${about(valueAt(maps, pixel.channel, pixel.row, pixel.column), maps.high[pixel.channel] - maps.low[pixel.channel])}`
}

/** Fields of the earlier layers at the same place.
 * @param {Context} context @param {Pixel} pixel */
function trailOf({ look, fieldOf }, pixel) {
  return Array.from({ length: pixel.layer }, (_, layer) => fieldOf(toLayer(pixel, look, layer))).filter((field) => field !== null)
}

/** @param {Context} context */
function headView({ app, pixel, network, look, change }) {
  const { t } = app
  if (!pixel) return html`<h1>${t('What each layer sees')}</h1>`
  const layer = network.layers[pixel.layer]
  const go = (/** @type {number} */ to) => change(at(toLayer(pixel, look, to)))
  return html`
    <button class="quiet back" @click=${() => change({ layer: null, channel: null, place: null, walking: false })}>← ${t('All layers')}</button>
    <button class="quiet" aria-label=${t('Previous layer')} aria-disabled=${pixel.layer === 0} @click=${() => go(pixel.layer - 1)}>‹</button>
    <button class="quiet" aria-label=${t('Next layer')} aria-disabled=${pixel.layer === network.layers.length - 1} @click=${() => go(pixel.layer + 1)}>›</button>
    <h1>${t('Layer {layer}', { layer: pixel.layer })} <small>${whatOf(t, layer)} · <code>${layer.path}</code> · ${sizeOf(layer)}</small></h1>
  `
}

/** @param {Context} context */
function leadView({ app, look, network }) {
  const { t } = app
  const counted = { channels: network.layers.reduce((sum, layer) => sum + layer.channels, 0).toLocaleString('en') }
  return html`
    <p>${network.trained
      ? t('These are all {channels} feature maps that the network makes from the picture: edges first, then textures, then parts of objects.', counted)
      : t('These are all {channels} feature maps that the network makes from the picture, layer by layer.', counted)}</p>
    <p>${t('Point at a map: the part of the picture that this pixel sees lights up. Click to open the layer.')}</p>
    ${look.top ? html`<p class="first">${t('It predicts:')} <b>${app.words(look.top[0].name)}</b>, ${percent(look.top[0].p)}</p>` : nothing}
  `
}

/** @param {Context} context */
function pictureSays({ app, network, pixel, fieldOf, edgesOf }) {
  const { t } = app
  const field = pixel && fieldOf(pixel)
  const edges = pixel && edgesOf(pixel.layer)
  if (edges?.status === 'unknown') return t('The receptive field of this layer is unknown: the page does not follow {function}.', { function: edges.lost ?? '' })
  if (!field) return t('In the frame: what the network sees, scaled to {height} × {width} pixels', network.input)
  const { rows, columns } = inside(field, network.input)
  const said = t('rows {top}–{bottom}, columns {left}–{right}', { top: rows[0], bottom: rows[1], left: columns[0], right: columns[1] })
  const note = edges?.status === 'bound' ? t('at most') : edges?.holes ? t('with gaps') : ''
  return note ? `${said} (${note})` : said
}

/** The pixel in focus: its value, and what can be done with it.
 * @param {Context} context @param {Pixel} pixel */
function placeView(context, pixel) {
  const { app, change, slice, look } = context
  const { t } = app
  const go = (/** @type {number} */ by) => change(at(nextChannel(pixel, look, slice.sort, by)))
  const zoom = (/** @type {number} */ by) => change({ zoom: Math.min(64, Math.max(1, app.store.state.network.zoom * by)) })
  return html`
    <p class="value"><span>${valueSays(context, pixel)}</span></p>
    <p class="hint">${t('channel {channel}, row {row}, column {column}', { ...pixel })}</p>
    <div class="acts">
      <button @click=${() => change({ panel: 'sum' })}>${t('Open the sum')}</button>
      <span>
        <button aria-label=${t('Previous channel')} @click=${() => go(-1)}>‹</button>
        ${t('channel')}
        <button aria-label=${t('Next channel')} @click=${() => go(1)}>›</button>
      </span>
      <span>
        <button aria-label=${t('Smaller')} aria-disabled=${slice.zoom <= 1} @click=${() => zoom(0.5)}>−</button>
        ${t('zoom')}
        <button aria-label=${t('Larger')} aria-disabled=${slice.zoom >= 64} @click=${() => zoom(2)}>+</button>
      </span>
    </div>
  `
}

/** @param {Context} context */
function toolsView({ app, slice, change, pixel, look, other }) {
  const { t } = app
  const sorts = { index: t('by index'), activity: t('by mean activation'), variation: t('by standard deviation') }
  const dead = pixel ? deadCount(look.maps[pixel.layer]) : 0
  return html`
    ${choice(t('Sort'), SORTS, sorts, slice.sort, (sort) => change({ sort }))}
    ${choice(t('Range'), ['map', 'layer'], { map: t("each map's own"), layer: t("the whole layer's") }, slice.scale, (scale) => change({ scale }))}
    ${choice(t('Colours'), ['auto', 'magma'], { auto: t('grey'), magma: 'magma' }, slice.palette, (palette) => change({ palette }))}
    ${pixel
      ? html`<span class="count">${t('{n} channels', { n: look.maps[pixel.layer].channels })}${dead ? html`, <b>${t('{dead} dead', { dead })}</b>` : nothing}</span>`
      : choice(t('Show'), ['all', 'blocks'], { all: t('every layer'), blocks: t('the last of each block') }, slice.filter, (filter) => change({ filter }))}
    ${pixel && other && slice.difference ? html`<span class="count">${t('first − second')}</span>` : nothing}
    ${pixel && (sharesEnds(look.maps[pixel.layer], slice.scale) || slice.difference)
      ? html`<canvas class="ends"></canvas>`
      : html`
          ${pixel && isSigned(look.maps[pixel.layer]) ? nothing : html`<span class="legend">0 <i class="ramp ${slice.palette}"></i> ${t('highest in the map')}</span>`}
          ${pixel && !isSigned(look.maps[pixel.layer]) ? nothing : html`<span class="legend">${t('below 0')} <i class="ramp signed"></i> ${t('above 0')}</span>`}
        `}
  `
}

/** @template {string} Value @param {string} title @param {readonly Value[]} values @param {Record<Value, string>} words @param {Value} value
 * @param {(value: Value) => void} choose */
const choice = (title, values, words, value, choose) => html`
  <label class="field"><span>${title}</span>
    <select @change=${(/** @type {Event} */ event) => choose(/** @type {Value} */ (/** @type {HTMLSelectElement} */ (event.target).value))}>
      ${values.map((each) => html`<option value=${each} ?selected=${each === value}>${words[each]}</option>`)}
    </select>
  </label>
`

/** @param {Pixel | null} one @param {Pixel | null} two */
const same = (one, two) =>
  one === two || (!!one && !!two && one.layer === two.layer && one.channel === two.channel && one.row === two.row && one.column === two.column)
