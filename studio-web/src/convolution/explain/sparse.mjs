import { html, svg } from 'lit-html'
import { inside, outputSize, pads } from '../../core/axis.mjs'
import { costOf } from '../../core/cost.mjs'
import { count } from '../../core/number.mjs'
import { tried } from '../../core/sentence.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View @typedef {import('../../types').Axis} Axis */
/** @typedef {import('./explain.mjs').Model} Model */
/** @typedef {{ from: number, to: number, tap: number }} Wire */

const [WIDTH, HEIGHT, MOST, FEW] = [136, 72, 9, 5]

/** The connections of this convolution beside those of a fully connected layer: drawn on one axis, counted on all.
 * @param {App} app @param {any} _slice @param {Model} model @returns {View} */
export function sparse(app, _slice, { conv, input }) {
  const cost = costOf(conv, input.shape)
  const axis = /** @type {Axis} */ (conv.axes.at(-1))
  const { inputs, outputs, wires } = wiring(axis, /** @type {number} */ (input.shape.at(-1)), conv.transposed)
  const all = Array.from({ length: inputs * outputs }, (_, i) => ({ from: Math.floor(i / outputs), to: i % outputs, tap: -1 }))
  const facts = { reads: count(cost.connections), inputs: count(cost.inputs), weights: count(cost.weights), full: count(cost.fullWeights), ratio: times(cost.ratio), axis: axis.name, drawn: inputs }
  return html`<section class="fact sparse">
    <h2>${app.t('Sparse connections, shared weights')}</h2>
    <div class="pair">
      <figure>${drawing(app, inputs, outputs, wires, axis.kernel)}<figcaption>${app.t('this layer: {n} connections', { n: wires.length })}</figcaption></figure>
      <figure>${drawing(app, inputs, outputs, all, 0)}<figcaption>${app.t('fully connected: {n}', { n: all.length })}</figcaption></figure>
    </div>
    <p class="note">${app.t('The drawing shows {drawn} inputs along {axis}. Lines of the same colour carry the same weight.', facts)}</p>
    <p>${app.t('One output reads {reads} of {inputs} inputs, and all outputs of a channel share one kernel: {weights} weights in all.', facts)}</p>
    <p>${app.t('A fully connected layer with the same input and output needs {full} weights, {ratio} times as many.', facts)}</p>
  </section>`
}

/** So many times, to three digits where it is no whole number. @param {number} ratio */
const times = (ratio) => count(ratio < 100 ? Number(ratio.toPrecision(3)) : Math.round(ratio))

/** The wires of a short piece of an axis of n inputs, which is long enough for a window.
 * @param {Axis} axis @param {number} n @param {boolean} transposed */
export function wiring(axis, n, transposed) {
  const { inputs, outputs } = piece(axis, n, transposed)
  const [before] = pads(axis, inputs, transposed)
  /** @type {Wire[]} */
  const wires = []
  for (let tap = 0; tap < axis.kernel; tap++) {
    const [first, last] = transposed ? inside(axis, tap, outputs, before, inputs) : inside(axis, tap, inputs, before, outputs)
    for (let window = first; window < last; window++) {
      const element = window * axis.stride + tap * axis.dilation - before
      wires.push(transposed ? { from: window, to: element, tap } : { from: element, to: window, tap })
    }
  }
  return { inputs, outputs, wires }
}

/** As many inputs as can be drawn, or as a window needs, and the outputs that they give.
 * @param {Axis} axis @param {number} n @param {boolean} transposed */
function piece(axis, n, transposed) {
  const outputs = (/** @type {number} */ inputs) => tried(() => outputSize(axis, inputs, transposed)).value ?? 0
  let inputs = Math.min(n, transposed ? FEW : MOST)
  while (inputs > 1 && outputs(inputs) > 2 * MOST) inputs--
  while (inputs < n && outputs(inputs) < 1) inputs++
  return { inputs, outputs: outputs(inputs) }
}

/** Inputs above, outputs below, a line for each connection; those of one output stand out.
 * @param {App} app @param {number} inputs @param {number} outputs @param {Wire[]} wires @param {number} taps @param {number} [middle] */
export function drawing(app, inputs, outputs, wires, taps, middle = Math.floor(outputs / 2)) {
  const x = (/** @type {number} */ i, /** @type {number} */ n) => 6 + ((WIDTH - 12) * (i + 0.5)) / n
  const colour = (/** @type {number} */ tap) => (taps > 1 ? tap / (taps - 1) : 0.5)
  const line = (/** @type {Wire} */ { from, to, tap }) =>
    svg`<line class="wire ${to === middle ? 'lit' : ''} ${taps ? `tap-${Math.round(colour(tap) * 4)}` : ''}" x1=${x(from, inputs)} y1="8" x2=${x(to, outputs)} y2=${HEIGHT - 8} />`
  const ordered = [...wires].sort((a, b) => Number(a.to === middle) - Number(b.to === middle))
  const label = app.t('{inputs} inputs above, {outputs} outputs below, {lines} lines', { inputs, outputs, lines: wires.length })
  return svg`<svg class="wires" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${label}>
    ${ordered.map(line)}
    ${dots(inputs, 8, (i) => (wires.some(({ from, to }) => to === middle && from === i) ? 'lit' : ''), x)}
    ${dots(outputs, HEIGHT - 8, (i) => (i === middle ? 'window' : ''), x)}
  </svg>`
}

/** @param {number} n @param {number} y @param {(i: number) => string} state @param {(i: number, n: number) => number} x */
const dots = (n, y, state, x) => Array.from({ length: n }, (_, i) => svg`<circle class="dot ${state(i)}" cx=${x(i, n)} cy=${y} r=${n > 12 ? 2.5 : 4} />`)

