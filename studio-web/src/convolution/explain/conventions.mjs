import { html, nothing } from 'lit-html'
import { pads, reads, outputSize } from '../../core/axis.mjs'
import { conventionsFor, verdict } from '../../core/conventions.mjs'
import { alike } from '../../core/derivation.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View @typedef {import('../../types').Axis} Axis */
/** @typedef {import('./explain.mjs').Model} Model @typedef {import('../../core/conventions.mjs').Convention} Convention */

/** One axis under every convention, side by side; the row in use is marked.
 * @param {App} app @param {any} slice @param {Model} model @returns {View} */
export function conventions(app, slice, { conv, input }) {
  if (conv.transposed) return nothing
  const groups = alike(conv.axes, input.shape.slice(1))
  const { axis, n, names } = groups.find((group) => group.names === slice.along) ?? groups[0]
  const rows = withOwn(axis, n, conventionsFor(axis, n, conv.axes.length))
  return html`<section class="fact conventions">
    <h2>${app.t('Padding conventions')}</h2>
    ${groups.length > 1 ? choice(app, groups.map((group) => group.names), names) : nothing}
    <table>
      <caption class="unseen">${app.t('{names}: {n} inputs, kernel {kernel}, stride {stride}', { names, n, kernel: axis.kernel, stride: axis.stride })}</caption>
      <thead>
        <tr><th>${app.t('convention')}</th><th>${app.t('padding')}</th><th>${app.t('output size')}</th><th>${app.t('first window')}</th></tr>
      </thead>
      <tbody>${rows.map((row) => rowView(app, row, inUse(axis, row)))}</tbody>
    </table>
    ${verdict(axis, n).map((words) => html`<p class="note">${app.words(words)}</p>`)}
    <p><button class="quiet link" @click=${() => app.store.change('convolution', { guide: 'one-pixel' })}>${app.t('See what one pixel changes')}</button></p>
  </section>`
}

/** @param {App} app @param {Convention} row @param {boolean} used */
function rowView(app, row, used) {
  const name = html`<th scope="row">${row.name}${used ? html` <span class="used">${app.t('in use')}</span>` : nothing}</th>`
  if (row.refused) return html`<tr>${name}<td colspan="3" class="refused">${app.t('refused when stride > 1')}</td></tr>`
  const span = row.first.map((place) => String(place).replace('-', '−')).join(' … ')
  return html`<tr class=${used ? 'used' : ''}>${name}<td>${row.pads.join(', ')}</td><td>${row.output}</td><td>${span}</td></tr>`
}

/** Whether a row is what the line says. @param {Axis} axis @param {Convention} row */
function inUse({ padding, stride }, row) {
  if (row.key === 'own') return true
  if (typeof padding === 'string') return row.key === padding || (row.key === 'torch_same' && padding === 'same' && stride === 1)
  return ['number', 'valid'].includes(row.key) && String(row.pads) === String(padding)
}

/** The rows, and one for numbers of the line that no convention has. @param {Axis} axis @param {number} n @param {Convention[]} rows */
function withOwn(axis, n, rows) {
  if (rows.some((row) => inUse(axis, row))) return rows
  const [before, after] = pads(axis, n)
  const output = outputSize(axis, n)
  const ends = (/** @type {number[]} */ taps) => /** @type {[number, number]} */ ([taps[0], taps[taps.length - 1]])
  const [first, last] = [0, output - 1].map((o) => ends(reads(axis, o, before)))
  const name = `padding=${before === after ? before : `(${before}, ${after})`}`
  return [{ ...rows[0], key: 'own', name, refused: false, pads: /** @type {[number, number]} */ ([before, after]), output, first, last }, ...rows]
}

/** @param {App} app @param {string[]} names @param {string} chosen */
function choice(app, names, chosen) {
  return html`<p class="choice" role="group" aria-label=${app.t('Axis')}>
    ${names.map((each) => html`<button aria-pressed=${each === chosen} @click=${() => app.store.change('convolution', { along: each })}>${each}</button>`)}
  </p>`
}
