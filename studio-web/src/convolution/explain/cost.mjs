import { html } from 'lit-html'
import { costOf } from '../../core/cost.mjs'
import { costLines, derivation } from '../../core/derivation.mjs'
import { fieldHoles, fieldSize, fieldsOf, ratioText } from '../../core/field.mjs'
import { count } from '../../core/number.mjs'
import { number, origin } from './opening.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View */
/** @typedef {import('./explain.mjs').Model} Model @typedef {import('./opening.mjs').Figure} Figure */

/** Parameters, multiply-adds and memory, each number with where it comes from.
 * @param {App} app @param {any} slice @param {Model} model @returns {View} */
export function costs(app, slice, { conv, input }) {
  const { t } = app
  const cost = costOf(conv, input.shape)
  const lines = costLines(conv, input.shape)
  const said = (/** @type {string} */ code) => lines.filter((line) => line.code === code).map(({ words }) => app.words(words))
  const row = (/** @type {string} */ key, /** @type {string} */ name, /** @type {number} */ value, /** @type {string} */ code) => ({ key, name, shown: count(value), why: said(code) })
  return table(app, slice, 'cost', t('Cost'), [
    row('params', t('parameters in all'), cost.params, 'params'),
    row('macs', t('multiply-adds (MACs)'), cost.macs, 'macs'),
    row('touched', t('of these, on real inputs'), cost.touched, 'macs'),
    row('terms', conv.transposed ? t('products in one output, at most') : t('products in one output'), cost.connections, 'rounding'),
  ])
}

/** What one output sees. @param {App} app @param {any} slice @param {Model} model @returns {View} */
export function field(app, slice, { conv, input }) {
  const { t } = app
  const [fields] = fieldsOf([conv], input.shape)
  const said = derivation(conv, input.shape).filter(({ code }) => code === 'field-window' || code === 'reach').map(({ words }) => app.words(words))
  const each = (/** @type {(field: import('../../core/field.mjs').Field) => unknown} */ value) => fields.map(value).join(' × ')
  const row = (/** @type {string} */ key, /** @type {string} */ name, /** @type {string} */ shown) => ({ key, name, shown, why: said })
  return table(app, slice, 'field', t('Receptive field'), [
    row('size', t('inputs spanned by one output'), each(fieldSize)),
    ...(fields.some(fieldHoles) ? [row('holes', t('inputs skipped by the dilation, per axis'), each(fieldHoles))] : []),
    row('jump', t('step from one output to the next, in inputs'), each(({ jump }) => ratioText(jump))),
    row('start', t("centre of the first output's field"), fields.map(({ start }) => ratioText(start)).join(', ').replaceAll('-', '−')),
  ])
}

/** @param {App} app @param {any} slice @param {string} room @param {string} title @param {Figure[]} figures @returns {View} */
function table(app, slice, room, title, figures) {
  return html`<section class="fact">
    <h2>${title}</h2>
    <dl class="figures">${figures.map((figure) => html`<dt>${figure.name}</dt><dd>${number(app, slice, room, figure)}</dd>`)}</dl>
    ${origin(slice, room, figures)}
  </section>`
}
