import { html } from 'lit-html'
import { derivation } from '../../core/derivation.mjs'
import { guideView } from '../guides/guides.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View */
/** @typedef {import('../../types').Numbers} Numbers @typedef {import('../../types').Conv} Conv */
/** @typedef {{ conv: Conv, input: Numbers, weight: Numbers, bias: Float64Array | null, output: Numbers }} Model */

/** The explanation of a convolution on its picture: the guided view that is open, then its sizes, cost and conventions.
 * @param {App} app @param {any} slice @param {Model} model @returns {View} */
export function explain(app, slice, model) {
  const lines = derivation(model.conv, model.input.shape)
  return html`
    ${guideView(app, slice, model)}
    <ol class="derivation">
      ${lines.map(({ words }) => html`<li>${app.words(words)}</li>`)}
    </ol>
  `
}
