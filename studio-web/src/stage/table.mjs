import { html, nothing } from 'lit-html'
import { exact, short } from '../core/number.mjs'
import { single } from './sum.mjs'

/** What stands on the stage as real tables: the window, the kernel, their products; then the sum.
 * @param {import('../types').Say} t
 * @param {{ rows: number, columns: number, seen: (row: number, column: number) => import('../types').Term | undefined,
 *   weight: (row: number, column: number) => number, sum: import('./products.mjs').Sum, words: string }} facts */
export function tables(t, { rows, columns, seen, weight, sum, words }) {
  const product = (/** @type {number} */ row, /** @type {number} */ column) => seen(row, column)?.product
  return html`
    <p>${words}</p>
    <div class="tables">
      ${table(t('window'), rows, columns, (row, column) => text(seen(row, column)?.value), (row, column) => seen(row, column)?.source === null)}
      ${table(t('kernel'), rows, columns, (row, column) => text(weight(row, column)))}
      ${table(t('products'), rows, columns, (row, column) => text(product(row, column)))}
      ${sum.spread ? nothing : sums(t, sum)}
    </div>
  `
}

/** @param {string} name @param {number} rows @param {number} columns @param {(row: number, column: number) => string} value
 * @param {(row: number, column: number) => boolean} [outside] */
const table = (name, rows, columns, value, outside = () => false) => html`<table>
  <caption>${name}</caption>
  <thead><tr><td></td>${range(columns).map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
  <tbody>${range(rows).map((row) => html`<tr><th scope="row">${row}</th>
    ${range(columns).map((column) => html`<td class=${outside(row, column) ? 'outside' : ''}>${value(row, column)}</td>`)}</tr>`)}</tbody>
</table>`

/** @param {import('../types').Say} t @param {import('./products.mjs').Sum} sum */
const sums = (t, { parts, bias, exact: sum64, shown, kind }) => html`<table>
  <caption>${t('sum')}</caption>
  <tbody>
    ${parts.length > 1 ? parts.map(({ channel, partial }) => html`<tr><th scope="row">${t('channel {c}', { c: channel })}</th><td>${short(partial)}</td></tr>`) : nothing}
    ${bias === null ? nothing : html`<tr><th scope="row">${t('bias')}</th><td>${exact(bias)}</td></tr>`}
    <tr><th scope="row">float64</th><td>${exact(sum64)}</td></tr>
    <tr><th scope="row">${t('the cell, {kind}', { kind })}</th><td>${kind === 'float32' ? single(shown) : exact(shown)}</td></tr>
  </tbody>
</table>`

const range = (/** @type {number} */ size) => Array.from({ length: size }, (_, i) => i)
const text = (/** @type {number | undefined} */ value) => (value === undefined ? '' : short(value))
