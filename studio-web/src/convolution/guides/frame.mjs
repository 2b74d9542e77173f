import { html } from 'lit-html'
import { ref } from 'lit-html/directives/ref.js'
import { drawGrid } from '../../stage/grid.mjs'
import { lookOf } from '../../stage/look.mjs'
import { fit } from '../../stage/pen.mjs'
import { toneOf } from '../../stage/tone.mjs'
import { typed } from '../typed.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View @typedef {import('../../types').Numbers} Numbers */
/** @typedef {{ top: number, left: number, bottom: number, right: number }} Square */

/** A guided view: the question, a few sentences, a live figure, what sets the page up for it, and its end.
 * @param {App} app @param {string} name @param {string} question in the page's language
 * @param {{ text: string[], figure: unknown, acts?: unknown }} parts @returns {View} */
export function frame(app, name, question, { text, figure, acts }) {
  return html`<section class="guide" role="group" aria-labelledby="${app.id}-guide-title" ${ref(intoView(app, name))}>
    <h2 id="${app.id}-guide-title" tabindex="-1">${question}</h2>
    ${text.map((line) => html`<p>${line}</p>`)}
    <div class="live">${figure}</div>
    <div class="acts">${acts}<button class="quiet" @click=${() => close(app, name)}>${app.t('Close')}</button></div>
  </section>`
}

/** A button that sets the layer to a line of code.
 * @param {App} app @param {string} label @param {string} line */
export function setUp(app, label, line) {
  const set = () => app.store.change('convolution', typed(app.store.state.convolution, line))
  return html`<button @click=${set}>${label}</button>`
}

/** A map of numbers as an image, with outlines over its cells.
 * @param {{ data: ArrayLike<number>, rows: number, columns: number }} map @param {string} label
 * @param {{ size?: number, signed?: boolean, low?: number, high?: number, squares?: Square[] }} [wish] */
export function image(map, label, { size = 92, squares = [], ...wish } = {}) {
  const paint = (/** @type {Element | undefined} */ el) =>
    el && queueMicrotask(() => el.isConnected && draw(/** @type {HTMLCanvasElement} */ (el), map, size, squares, wish))
  return html`<canvas role="img" aria-label=${label} ${ref(paint)}></canvas>`
}

/** One channel of a map. @param {Numbers} numbers @param {number} channel */
export function plane({ data, shape }, channel) {
  const [rows, columns] = shape.slice(-2)
  return { data: data.subarray(channel * rows * columns, (channel + 1) * rows * columns), rows, columns }
}

/** The largest size of a number, whatever its sign. @param {ArrayLike<number>} values */
export const farthest = (values) => Array.from(values).reduce((far, value) => Math.max(far, Math.abs(value)), 0)

/** @param {HTMLCanvasElement} canvas @param {{ data: ArrayLike<number>, rows: number, columns: number }} map @param {number} size
 * @param {Square[]} squares @param {object} wish */
function draw(canvas, { data, rows, columns }, size, squares, wish) {
  const look = lookOf(canvas)
  const cell = size / Math.max(rows, columns)
  const box = { x: 0, y: 0, width: columns * cell, height: rows * cell }
  const pen = fit(canvas, box.width, box.height)
  const value = (/** @type {number} */ row, /** @type {number} */ column) => data[row * columns + column]
  drawGrid(pen, { box, cell, rows, columns, value, tone: toneOf(data, look.theme, wish), look, plain: true })
  pen.strokeStyle = look.window
  pen.lineWidth = 1.5
  for (const { top, left, bottom, right } of squares) pen.strokeRect(left * cell, top * cell, (right - left) * cell, (bottom - top) * cell)
}

/** The guided view that came into view last; an app that was not drawn yet has none. @type {WeakMap<App, string | null>} */
const lastShown = new WeakMap()

/** What opens comes into view once; a page that starts with it leaves the focus alone. @param {App} app @param {string} name */
function intoView(app, name) {
  return (/** @type {Element | undefined} */ el) => {
    if (!el || lastShown.get(app) === name) return
    const isStart = !lastShown.has(app)
    lastShown.set(app, name)
    requestAnimationFrame(() => {
      el.scrollIntoView({ block: 'nearest' })
      if (!isStart) /** @type {HTMLElement | null} */ (el.querySelector('h2'))?.focus({ preventScroll: true })
    })
  }
}

/** No guided view is open. @param {App} app */
export const nothingShown = (app) => void lastShown.set(app, null)

/** @param {App} app @param {string} name */
function close(app, name) {
  const question = /** @type {HTMLElement | null} */ (app.root.querySelector(`[data-guide="${name}"]`))
  question?.focus()
  app.store.change('convolution', { guide: null })
}
