import { html } from 'lit-html'
import { costOf } from '../../core/cost.mjs'
import { count, short } from '../../core/number.mjs'
import { drawing, wiring } from '../explain/sparse.mjs'
import { frame, setUp } from './frame.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../explain/explain.mjs').Model} Model */

/** Which inputs one output sees, and the same weights moving along.
 * @param {App} app @param {any} slice @param {Model} model @param {string} question */
export function wires(app, slice, { conv, input, weight }, question) {
  const { t } = app
  const axis = conv.axes[conv.axes.length - 1]
  const { inputs, outputs, wires: lines } = wiring(axis, input.shape[input.shape.length - 1], conv.transposed)
  const lit = Math.min(slice.wire ?? Math.floor(outputs / 2), outputs - 1)
  const all = Array.from({ length: inputs * outputs }, (_, i) => ({ from: Math.floor(i / outputs), to: i % outputs, tap: -1 }))
  const row = weight.data.subarray(0, axis.kernel)
  const seen = lines.filter(({ to }) => to === lit).sort((a, b) => a.from - b.from)
  const sum = seen.map(({ from, tap }) => `${short(row[tap])}·x${subscript(from)}`).join(' + ').replaceAll('+ −', '− ')
  const cost = costOf(conv, input.shape)
  const move = (/** @type {Event} */ event) => app.store.change('convolution', { wire: Number(/** @type {HTMLInputElement} */ (event.target).value) })
  return frame(app, 'sparse', question, {
    text: [
      t('Move the output. It is connected to a few neighbouring inputs only (sparse connections), and it uses the same weights everywhere (shared weights). A kernel that finds an edge in one place finds it in every place.'),
      t('This layer has {weights} weights. A fully connected layer would have {full}.', { weights: count(cost.weights), full: count(cost.fullWeights) }),
    ],
    figure: html`
      <figure>${drawing(app, inputs, outputs, lines, axis.kernel, lit)}</figure>
      <label class="move">${t('output')} <input type="range" min="0" max=${outputs - 1} .value=${String(lit)} @input=${move} /></label>
      <p class="mono">y${subscript(lit)} = ${sum || 0}</p>
      <figure>${drawing(app, inputs, outputs, all, 0, lit)}<figcaption>${t('fully connected: {n} lines, each with a weight of its own', { n: all.length })}</figcaption></figure>
    `,
    acts: setUp(app, t('Set kernel size 3'), 'nn.Conv2d(1, 1, kernel_size=3, padding=1)'),
  })
}

/** @param {number} i */
const subscript = (i) => [...String(i)].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]).join('')
