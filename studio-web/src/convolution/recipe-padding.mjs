import { html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { standing } from '../app/standing.mjs'
import { pads } from '../core/axis.mjs'
import { halfWidth } from '../core/half-width.mjs'
import { inputShape } from './input.mjs'
import { row, stepper } from './recipe-fields.mjs'
import { say } from './say.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').Conv} Conv */

const WORDS = ['same', 'same_lower', 'valid', 'causal']
const KINDS = /** @type {[string, string][]} */ ([
  ['number', say('number')],
  ['sides', say('each side')],
  ...WORDS.map((word) => /** @type {[string, string]} */ ([word, `'${word}'`])),
])
const MODES = ['zeros', 'constant', 'reflect', 'replicate', 'circular', 'symmetric']

/** Padding: a number, a word, or so much on each side.
 * @param {App} app @param {import('./slice.mjs').Slice} slice @param {(conv: Conv) => void} set */
export function paddingField(app, slice, set) {
  const { conv } = slice
  const kind = kindOf(conv)
  const sides = () => conv.axes.map((axis, i) => pads(axis, inputShape(app.pictures, slice)[i + 1], conv.transposed).map((n) => Math.max(n, 0)))
  const put = (/** @type {(string | [number, number])[]} */ padding) => set({ ...conv, axes: conv.axes.map((axis, i) => ({ ...axis, padding: padding[i] })) })
  const choose = (/** @type {string} */ word) => {
    if (WORDS.includes(word)) return put(conv.axes.map(() => word))
    const now = sides()
    if (word === 'number') return put(now.map(() => [now[0][0], now[0][0]]))
    shown.add(app)
    put(now.map(([before, after]) => [before, after]))
    app.store.change('convolution', {})
  }
  const isSides = kind === 'sides' || (kind === 'number' && shown.has(app))
  const seen = isSides ? 'sides' : kind
  const control = html`
    <select aria-label=${app.t('padding')} .value=${live(seen)} @change=${(/** @type {Event} */ event) => {
      shown.delete(app)
      choose(/** @type {HTMLSelectElement} */ (event.target).value)
    }}>
      ${KINDS.map(([name, title]) => html`<option value=${name} ?selected=${name === seen}>${WORDS.includes(name) ? title : app.t(title)}</option>`)}
      ${kind === 'mixed' ? html`<option value="mixed" selected>${app.t('as in the code')}</option>` : nothing}
    </select>
    ${seen === 'number' ? stepper(app, { key: 'padding', label: app.t('padding'), value: sides()[0][0], least: 0, set: (n) => put(conv.axes.map(() => [n, n])) }) : nothing}
    ${seen === 'sides' ? sideFields(app, conv, sides(), put) : nothing}
  `
  return row(app, 'padding', 'padding', control, seen === 'sides' ? 'tall' : 'pair')
}

/** Who chose "each side", though the sides are equal still. @type {WeakSet<App>} */
const shown = new WeakSet()

/** @param {App} app @param {Conv} conv @param {number[][]} sides @param {(padding: [number, number][]) => void} put */
function sideFields(app, conv, sides, put) {
  const changed = (/** @type {number} */ at, /** @type {number} */ side, /** @type {number} */ n) =>
    put(sides.map((pair, i) => /** @type {[number, number]} */ (pair.map((old, j) => (i === at && j === side ? n : old)))))
  const one = (/** @type {number} */ at, /** @type {number} */ side) => {
    const label = `${conv.axes[at].name} ${app.t(side ? 'after' : 'before')}`
    return stepper(app, { key: `padding-${at}-${side}`, label, value: sides[at][side], least: 0, set: (n) => changed(at, side, n) })
  }
  return html`
    <span class="sides">
      <span></span><small>${app.t('before')}</small><small>${app.t('after')}</small>
      ${conv.axes.map(({ name }, i) => html`<code>${name}</code><span>${one(i, 0)}</span><span>${one(i, 1)}</span>`)}
    </span>
  `
}

/** @param {Conv} conv */
function kindOf({ axes }) {
  const kinds = new Set(axes.map(({ padding }) => String(padding)))
  const [{ padding }] = axes
  if (kinds.size === 1 && typeof padding === 'string') return padding
  if (axes.some((axis) => typeof axis.padding === 'string')) return 'mixed'
  return kinds.size === 1 && padding[0] === padding[1] ? 'number' : 'sides'
}

/** What stands in the padding.
 * @param {App} app @param {Conv} conv @param {(conv: Conv) => void} set */
export function modeField(app, conv, set) {
  const [mode, value = ''] = conv.padding_mode.split(/[()]/)
  const put = (/** @type {string} */ padding_mode) => set({ ...conv, padding_mode })
  const number = (/** @type {Event} */ event) => {
    const typed = Number(halfWidth(/** @type {HTMLInputElement} */ (event.target).value).plain)
    if (Number.isFinite(typed)) put(`constant(${typed})`)
  }
  return row(
    app,
    'padding mode',
    'padding_mode',
    html`
      <select aria-label=${app.t('padding mode')} ?disabled=${conv.transposed} .value=${live(mode)} @change=${(/** @type {Event} */ event) => {
        const { value: chosen } = /** @type {HTMLSelectElement} */ (event.target)
        put(chosen === 'constant' ? 'constant(128)' : chosen)
      }}>
        ${MODES.map((name) => html`<option value=${name} ?selected=${name === mode}>${name}</option>`)}
      </select>
      ${mode === 'constant' ? html`<input class="value" inputmode="decimal" aria-label=${app.t('the constant')} .value=${standing(value)} @change=${number} />` : nothing}
    `,
  )
}
