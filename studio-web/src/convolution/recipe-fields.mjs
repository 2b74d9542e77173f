import { html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { halfWidth } from '../core/half-width.mjs'
import { term } from './recipe-terms.mjs'
import { say } from './say.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').View} View
 * @typedef {{ least: number, most?: number }} Bounds */

/** Digits as any keyboard types them, else NaN. @param {string} text */
export function wholeNumber(text) {
  const plain = halfWidth(text).plain.trim()
  return /^-?\d{1,9}$/.test(plain) ? Number(plain) : NaN
}

/** What was typed into a field and is no number yet, by field. @type {WeakMap<App, Map<string, string>>} */
const drafts = new WeakMap()

/** @param {App} app */
const draftsOf = (app) => drafts.get(app) ?? drafts.set(app, new Map()).get(app) ?? new Map()

/** A number that is typed, or stepped by its buttons and by the arrow keys.
 * @param {App} app @param {{ key: string, label: string, value: number, set(n: number): void } & Bounds} field @returns {View} */
export function stepper(app, { key, label, value, set, least, most = 2 ** 31 }) {
  const draft = draftsOf(app).get(key)
  const put = (/** @type {number} */ n) => {
    draftsOf(app).delete(key)
    set(Math.min(Math.max(n, least), most))
  }
  const typed = (/** @type {string} */ text) => {
    const n = wholeNumber(text)
    if (n >= least && n <= most) return put(n)
    draftsOf(app).set(key, text)
    app.store.change('convolution', {})
  }
  const stepped = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key]
    if (!by) return
    event.preventDefault()
    put(value + by)
  }
  return html`
    <span class="stepper">
      <button tabindex="-1" aria-label=${app.t('{field}: one less', { field: label })} ?disabled=${value <= least} @click=${() => put(value - 1)}>−</button>
      <input
        inputmode="numeric"
        autocomplete="off"
        aria-label=${label}
        aria-invalid=${draft === undefined ? 'false' : 'true'}
        .value=${live(draft ?? String(value))}
        @input=${(/** @type {InputEvent} */ event) => event.isComposing || typed(/** @type {HTMLInputElement} */ (event.target).value)}
        @change=${(/** @type {Event} */ event) => typed(/** @type {HTMLInputElement} */ (event.target).value)}
        @keydown=${stepped}
      />
      <button tabindex="-1" aria-label=${app.t('{field}: one more', { field: label })} ?disabled=${value >= most} @click=${() => put(value + 1)}>+</button>
    </span>
    ${draft === undefined ? nothing : html`<p class="problem" role="alert">${wrong(app, draft, least, most)}</p>`}
  `
}

/** @param {App} app @param {string} text @param {number} least @param {number} most */
function wrong({ t }, text, least, most) {
  const n = wholeNumber(text)
  if (Number.isNaN(n)) return text.trim() ? t('{text} is not a whole number', { text: `"${text.trim()}"` }) : t('Enter a whole number here.')
  return n < least ? t('{n} is too small: {least} or more', { n, least }) : t('{n} is too large: {most} or less', { n, most })
}

/** A row of the form: the field's word with PyTorch's name beside it; one word that is both stands as a name.
 * @param {App} app @param {string} word @param {string} name @param {unknown} control @param {string} [shape] */
export function row(app, word, name, control, shape = '') {
  return html`
    <div class="setting ${shape}">
      <span class="label">${app.t(word) === name ? html`<code class="same">${term(app, word)}</code>` : html`${term(app, word)} <code>${name}</code>`}</span>
      <span class="control">${control}</span>
    </div>
  `
}

/** Which numbers of an axis a field shows, and its least. @type {Record<string, [string, number]>} */
const NUMBERS = { kernel: [say('kernel size'), 1], stride: [say('stride'), 1], dilation: [say('dilation'), 1], output_padding: [say('output padding'), 0] }
const NAMES = /** @type {Record<string, string>} */ ({ kernel: 'kernel_size' })

/** Fields that were unfolded to one an axis. @type {WeakMap<App, Set<string>>} */
const unfolded = new WeakMap()

/** One number for all axes, or one an axis where they differ or are unfolded.
 * @param {App} app @param {import('../types').Conv} conv @param {'kernel' | 'stride' | 'dilation' | 'output_padding'} key
 * @param {(conv: import('../types').Conv) => void} set */
export function axisField(app, conv, key, set) {
  const [word, least] = NUMBERS[key]
  const open = unfolded.get(app) ?? new Set()
  unfolded.set(app, open)
  const values = conv.axes.map((axis) => axis[key])
  const isOne = values.length === 1 || (!open.has(key) && new Set(values).size === 1)
  const put = (/** @type {number} */ n, /** @type {number} */ at = -1) =>
    set({ ...conv, axes: conv.axes.map((axis, i) => (at < 0 || i === at ? { ...axis, [key]: n } : axis)) })
  const fold = () => {
    if (open.delete(key)) put(values[0])
    else open.add(key)
    app.store.change('convolution', {})
  }
  const each = isOne
    ? stepper(app, { key, label: app.t(word), value: values[0], least, set: (n) => put(n) })
    : conv.axes.map(({ name }, i) => html`<span class="axis"><code>${name}</code>${stepper(app, { key: `${key}-${name}`, label: `${app.t(word)} ${name}`, value: values[i], least, set: (n) => put(n, i) })}</span>`)
  const names = conv.axes.map(({ name }) => name)
  const toggle = values.length === 1 ? nothing : html`
    <button class="quiet unfold" aria-expanded=${!isOne} title=${app.t('{field}: one number for each axis', { field: app.t(word) })} @click=${fold}>${names.join(isOne ? '=' : '≠')}</button>`
  return row(app, word, NAMES[key] ?? key, html`${toggle}<span class="numbers">${each}</span>`, isOne ? '' : 'tall')
}
