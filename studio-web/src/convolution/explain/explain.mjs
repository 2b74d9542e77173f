import { html, nothing } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { check } from '../../core/conv.mjs'
import { codes } from './code.mjs'
import { conventions } from './conventions.mjs'
import { costs, field } from './cost.mjs'
import { sizes } from './size.mjs'
import { sparse } from './sparse.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View */
/** @typedef {import('../../types').Numbers} Numbers @typedef {import('../../types').Conv} Conv */
/** @typedef {{ conv: Conv, input: Numbers, weight: Numbers, bias: Float64Array | null, output: Numbers }} Model */

const SECTIONS = [sizes, field, costs, sparse, conventions, codes]

/** The explanation of a convolution on its picture: its sizes, cost and conventions.
 * @param {App} app @param {any} slice @param {Model} model @returns {View} */
export function explain(app, slice, model) {
  const layer = [model.conv, String(model.input.shape), slice.opened, slice.along, app.store.state.lang]
  const sections = () => (check(model.conv, model.input.shape) ? nothing : SECTIONS.map((section) => section(app, slice, model)))
  return html`${guard(layer, sections)}`
}
