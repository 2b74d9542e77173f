import { html, svg } from 'lit-html'
import { inside, pads } from '../../core/axis.mjs'
import { costOf } from '../../core/cost.mjs'
import { count } from '../../core/number.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View @typedef {import('../../types').Axis} Axis */
/** @typedef {import('./explain.mjs').Model} Model */
/** @typedef {{ from: number, to: number, tap: number }} Wire */

const [WIDTH, HEIGHT, MOST] = [136, 72, 9]

/** The connections of this convolution beside those of a fully connected layer: drawn on one axis, counted on all.
 * @param {App} app @param {any} _slice @param {Model} model @returns {View} */
export function sparse(app, _slice, { conv, input }) {
  const cost = costOf(conv, input.shape)
  const axis = /** @type {Axis} */ (conv.axes.at(-1))
  const { inputs, outputs, wires } = wiring(axis, conv.transposed)
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

/** The wires of a short piece of the axis: the same kernel, stride and dilation.
 * @param {Axis} axis @param {boolean} transposed */
export function wiring(axis, transposed) {
  const inputs = transposed ? 5 : MOST
  const short = { ...axis, output_padding: 0 }
  const [before] = sensible(short, inputs, transposed)
  const outputs = transposed ? Math.min((inputs - 1) * axis.stride + 1, 2 * MOST) : Math.ceil(inputs / axis.stride)
  /** @type {Wire[]} */
  const wires = []
  for (let tap = 0; tap < axis.kernel; tap++) {
    const [first, last] = transposed ? inside(short, tap, outputs, before, inputs) : inside(short, tap, inputs, before, outputs)
    for (let window = first; window < last; window++) {
      const element = window * axis.stride + tap * axis.dilation - before
      wires.push(transposed ? { from: window, to: element, tap } : { from: element, to: window, tap })
    }
  }
  return { inputs, outputs, wires }
}

/** @param {Axis} axis @param {number} n @param {boolean} transposed */
const sensible = (axis, n, transposed) => pads(axis, n, transposed).map((side) => Math.max(side, 0))

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

