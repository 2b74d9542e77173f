import { html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { ref } from 'lit-html/directives/ref.js'
import { DRAWN } from './drawn.mjs'
import { croppedAt, drawThumbnail, frameIn } from './picture-crop.mjs'
import { openCamera } from './camera.mjs'
import { take, use } from './picture-sources.mjs'
import { PHOTOGRAPH } from './pictures.mjs'

/** @typedef {import('../types').App} App @typedef {import('./slice.mjs').Slice} Slice */

const SIDES = [16, 24, 32, 48, 64, 96, 128, 192, 256]

/** The picture: which one, what piece of it, at how many pixels; own ones by file, drop, paste or camera.
 * @param {App} app @returns {{ view(slice: Slice): import('../types').View, close(): void }} */
export function picturePane(app) {
  const { t, store } = app
  const change = (/** @type {Partial<Slice>} */ changes) => store.change('convolution', changes)
  /** @type {Awaited<ReturnType<typeof openCamera>>} */
  let camera = null
  const closeCamera = () => {
    camera?.close()
    camera = null
    change({})
  }
  const file = (/** @type {Event} */ event) => {
    const input = /** @type {HTMLInputElement} */ (event.target)
    if (input.files?.[0]) take(app, input.files[0], input.files[0].name)
    input.value = ''
  }
  const view = (/** @type {Slice} */ slice) => html`
    <div class="picture">
      ${choice(app, slice)}
      <div class="look">
        ${thumbnail(app, slice)}
        <div class="sizes">
          <label>${t('Pixels')}
            <select .value=${live(String(slice.side))} @change=${(/** @type {Event} */ event) => change({ side: Number(/** @type {HTMLSelectElement} */ (event.target).value) })}>
              ${[...new Set([...SIDES, slice.side])].sort((a, b) => a - b).map((n) => html`<option value=${n} ?selected=${n === slice.side}>${n}</option>`)}
            </select>
          </label>
          ${app.pictures.called(slice.picture) ? cropFields(app, slice) : nothing}
        </div>
      </div>
      <div class="sources">
        <label class="button">${t('Open a picture')}<input class="unseen" type="file" accept="image/*" @change=${file} /></label>
        <button @click=${async () => { camera = await openCamera(app); change({}) }}>${t('Camera')}</button>
        <small>${t('or drop or paste one anywhere')}</small>
      </div>
      ${camera ? cameraView(app, camera, closeCamera) : nothing}
    </div>
  `
  return { view, close: () => camera?.close() }
}

/** @param {App} app @param {Slice} slice */
function choice(app, slice) {
  const { t } = app
  const choose = (/** @type {Event} */ event) => {
    const name = /** @type {HTMLSelectElement} */ (event.target).value
    const isDrawn = DRAWN.some((drawn) => drawn.name === name)
    if (isDrawn) app.store.change('convolution', { picture: name, crop: null, shift: [0, 0], side: Math.min(slice.side, 32) })
    else use(app, name)
  }
  const option = (/** @type {string} */ name, /** @type {string} */ title) => html`<option value=${name} ?selected=${name === slice.picture}>${title}</option>`
  const drawn = DRAWN.find(({ name }) => name === slice.picture)
  return html`
    <select aria-label=${t('Picture')} .value=${live(slice.picture)} @change=${choose}>
      ${option(PHOTOGRAPH, photographTitle(app))}
      ${app.pictures.own().map(({ name, title }) => option(name, title))}
      <optgroup label=${t('Test patterns')}>${DRAWN.map(({ name, title }) => option(name, t(title)))}</optgroup>
    </select>
    ${drawn ? html`<small>${t(drawn.does)}</small>` : nothing}
  `
}

/** @param {App} app */
function photographTitle({ t, host }) {
  const { name } = host.boot
  return name === undefined || name === 'astronaut' ? t('the photograph') : name
}

/** @param {App} app @param {Slice} slice */
function thumbnail(app, slice) {
  const change = (/** @type {number[]} */ crop) => app.store.change('convolution', { crop, shift: [0, 0] })
  const frame = frameIn(app.pictures, slice)
  // lit's styleMap writes a style attribute at first, which the page's policy refuses
  const place = (/** @type {Element | undefined} */ el) => {
    if (!el || !frame) return
    for (const [name, part] of Object.entries(frame)) /** @type {HTMLElement} */ (el).style.setProperty(name, `${100 * part}%`)
  }
  const to = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect()
    change(croppedAt(app.pictures, slice, (event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width))
  }
  const down = (/** @type {PointerEvent} */ event) => {
    if (!frame || event.button) return
    const target = /** @type {HTMLElement} */ (event.currentTarget)
    target.setPointerCapture(event.pointerId)
    to(event)
  }
  const moved = (/** @type {PointerEvent} */ event) => /** @type {HTMLElement} */ (event.currentTarget).hasPointerCapture(event.pointerId) && to(event)
  const keyed = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key]
    if (!by || !slice.crop) return
    event.preventDefault()
    event.stopPropagation()
    const step = event.shiftKey ? 0.1 : 0.01
    change(croppedAt(app.pictures, slice, slice.crop[0] + by[0] * step, slice.crop[1] + by[1] * step))
  }
  return html`
    <div class="thumbnail" role="group" tabindex=${frame ? 0 : -1} aria-label=${app.t(frame ? 'The part in use: arrow keys move it' : 'The picture')}
      @pointerdown=${down} @pointermove=${moved} @keydown=${keyed}>
      <canvas aria-hidden="true" ${ref((canvas) => canvas && drawThumbnail(/** @type {HTMLCanvasElement} */ (canvas), app.pictures, slice))}></canvas>
      ${frame ? html`<span class="frame" ${ref(place)}></span>` : nothing}
    </div>
  `
}

/** @param {App} app @param {Slice} slice */
function cropFields(app, slice) {
  const { t } = app
  const change = (/** @type {number[] | null} */ crop) => app.store.change('convolution', { crop, shift: [0, 0] })
  const [row, column, span] = slice.crop ?? [0.5, 0.5, 1]
  const slide = (/** @type {Event} */ event) => change(croppedAt(app.pictures, slice, row, column, Number(/** @type {HTMLInputElement} */ (event.target).value)))
  return html`
    <label class="whole"><input type="checkbox" .checked=${live(!slice.crop)} @change=${() => change(slice.crop ? null : croppedAt(app.pictures, slice, row, column, 0.5))} />${t('Whole picture')}</label>
    <input type="range" min="0.04" max="1" step="0.01" ?disabled=${!slice.crop} aria-label=${t('How large a part')} .value=${live(String(span))} @input=${slide} />
  `
}

/** @param {App} app @param {NonNullable<Awaited<ReturnType<typeof openCamera>>>} camera @param {() => void} close */
function cameraView(app, camera, close) {
  const taken = () => {
    camera.take()
    close()
  }
  return html`<div class="camera">${camera.video}<button @click=${taken}>${app.t('Take this frame')}</button><button class="quiet" @click=${close}>${app.t('Close the camera')}</button></div>`
}
