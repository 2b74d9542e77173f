import { html, nothing } from 'lit-html'
import { legalSizes, outputSize, pads, reach, unread } from '../../core/axis.mjs'
import { alike, axisLines } from '../../core/derivation.mjs'
import { edges } from './edges.mjs'
import { number, origin } from './opening.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View @typedef {import('../../types').Axis} Axis */
/** @typedef {import('./explain.mjs').Model} Model @typedef {import('./opening.mjs').Figure} Figure */

/** The size formula of each axis with the user's numbers, and its ends drawn.
 * @param {App} app @param {any} slice @param {Model} model @returns {View} */
export function sizes(app, slice, { conv, input }) {
  const groups = alike(conv.axes, input.shape.slice(1))
  const input_shape = input.shape.join(' × ')
  const output = [conv.out_channels, ...conv.axes.map((axis, i) => outputSize(axis, input.shape[i + 1], conv.transposed))].join(' × ')
  return html`<section class="fact sizes">
    <h2>${app.t('Output size')}</h2>
    <p class="becomes"><span>${input_shape}</span> <span aria-hidden="true">→</span><span class="unseen">${app.t('becomes')}</span> <b>${output}</b></p>
    ${groups.map(({ axis, n, names }) => axisView(app, slice, axis, n, names, conv.transposed))}
  </section>`
}

/** @param {App} app @param {any} slice @param {Axis} axis @param {number} n @param {string} names @param {boolean} transposed */
function axisView(app, slice, axis, n, names, transposed) {
  const figures = figuresOf(app, axis, n, names, transposed)
  const room = `size ${names}`
  const show = (/** @type {string} */ key) => number(app, slice, room, /** @type {Figure} */ (figures.find((each) => each.key === key)))
  return html`<div class="axis">
    <h3>${names}</h3>
    <p class="formula">${transposed ? spreadFormula(show, axis) : fittingFormula(show)}</p>
    <p class="letters">
      ${transposed
        ? app.t('(n − 1)·stride + reach − before − after + output_padding')
        : app.t('⌊(n + before + after − reach) / stride⌋ + 1')}
    </p>
    ${origin(slice, room, figures)} ${edges(app, axis, n, names, transposed)} ${dropped(app, axis, n, names, transposed)}
  </div>`
}

/** @param {(key: string) => View} show */
const fittingFormula = (show) =>
  html`⌊(${show('n')}+${show('before')}+${show('after')}−${show('reach')}) / ${show('stride')}⌋ + 1 = ${show('output')}`

/** @param {(key: string) => View} show @param {Axis} axis */
const spreadFormula = (show, axis) =>
  html`(${show('n')}−1)·${show('stride')}+${show('reach')}−${show('before')}−${show('after')}${axis.output_padding ? html`+${show('output_padding')}` : nothing} = ${show('output')}`

/** What is lost at the end, or what a transposed layer may choose.
 * @param {App} app @param {Axis} axis @param {number} n @param {string} names @param {boolean} transposed */
function dropped(app, axis, n, names, transposed) {
  const said = axisLines(axis, n, names, transposed).filter(({ code }) => code.startsWith('unread') || code === 'transposed-choices')
  const [first, end] = unread(axis, n, transposed)
  const class_ = end > first ? 'note lost' : 'note'
  return said.map(({ words }) => html`<p class=${class_}>${app.words(words)}</p>`)
}

/** @param {App} app @param {Axis} axis @param {number} n @param {string} names @param {boolean} transposed @returns {Figure[]} */
function figuresOf(app, axis, n, names, transposed) {
  const { t } = app
  const [before, after] = pads(axis, n, transposed)
  const lines = axisLines(axis, n, names, transposed)
  const said = (/** @type {string[]} */ ...codes) => lines.filter(({ code }) => codes.includes(code)).map(({ words }) => app.words(words))
  const word = typeof axis.padding === 'string'
  const padded = word
    ? said('same', 'causal', 'transposed-word')
    : [transposed ? t('padding={padding} in the code: how many outputs are cropped before and after', { padding: `(${axis.padding})` }) : t('padding={padding} in the code: how many elements are added before and after', { padding: `(${axis.padding})` })]
  const figure = (/** @type {string} */ key, /** @type {string} */ name, /** @type {number} */ value, /** @type {string[]} */ why) => ({ key, name, shown: String(value), why })
  return [
    figure('n', t('input size n'), n, [t('The input has {n} elements along {names}. Under Picture you choose how finely the picture is sampled.', { n, names })]),
    figure('before', t('before'), before, padded),
    figure('after', t('after'), after, padded),
    figure('reach', t('reach'), reach(axis), said('reach')),
    figure('stride', t('stride'), axis.stride, [
      transposed ? t('stride={stride} in the code: the distance between the windows of two neighbouring inputs', { stride: axis.stride }) : t('stride={stride} in the code: the step from one window to the next', { stride: axis.stride }),
    ]),
    figure('output_padding', 'output_padding', axis.output_padding, [t('It chooses the output size among {sizes}.', { sizes: legalSizes(axis, n, transposed).join(', ') })]),
    figure('output', t('output size'), outputSize(axis, n, transposed), said('size', 'transposed-size')),
  ]
}
