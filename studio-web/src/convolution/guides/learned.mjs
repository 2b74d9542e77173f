import { html } from 'lit-html'
import { ref } from 'lit-html/directives/ref.js'
import { KERNELS, doesWords } from '../../core/kernels.mjs'
import { drawKernel } from '../../stage/kernel.mjs'
import { lookOf } from '../../stage/look.mjs'
import { frame } from './frame.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').Words} Words @typedef {import('../explain/explain.mjs').Model} Model */
/** @typedef {{ weights?: Float32Array, shape?: number[], refused?: Words }} Trained */

const FIXED = ['sobel-x', 'sobel-y', 'laplacian', 'gaussian', 'sharpen', 'emboss']

/** The first kernels of the trained network, asked for once a page. @type {WeakMap<object, Trained>} */
const trained = new WeakMap()

/** Kernels that someone wrote down beside kernels that a network learned.
 * @param {App} app @param {any} _slice @param {Model} _model @param {string} question */
export function learned(app, _slice, _model, question) {
  const { t } = app
  return frame(app, 'learned', question, {
    text: [
      t('People used to design kernels by hand, each for one purpose. A network starts from random numbers. Training changes them a little with every batch of pictures, until most answers are right.'),
      t('Nobody told it about edges. It found edges, spots and colours because they help to tell pictures apart.'),
    ],
    figure: html`<h3>${t('Designed by hand')}</h3>
      <div class="tiles">${KERNELS.filter(({ name }) => FIXED.includes(name)).map((kernel) => fixed(app, kernel))}</div>
      <h3>${t('Learned: the first layer of EfficientNet-Lite0')}</h3>
      ${network(app)}`,
    acts: html`<button @click=${() => app.open('network')}>${t('See what they see')}</button>`,
  })
}

/** @param {App} app @param {import('../../core/kernels.mjs').Kernel} kernel */
function fixed(app, kernel) {
  const { data, shape } = kernel.make(kernel.usual)
  return html`<figure>${tile(Float32Array.from(data), shape, `${kernel.name}: ${app.words(doesWords(kernel))}`, 72)}<figcaption>${kernel.name}</figcaption></figure>`
}

/** @param {App} app */
function network(app) {
  const { t } = app
  if (!trained.has(app.host)) ask(app)
  const { weights, shape, refused } = /** @type {Trained} */ (trained.get(app.host))
  if (app.host.kind === 'alone' && refused) return html`<p class="note">${t('This page runs without Python, so it has no network. Open it with kaiyan studio to see the learned kernels.')}</p>`
  if (refused) return html`<p class="note">${app.words(refused)}</p>`
  if (!weights || !shape) return html`<p class="note">${t('Opening the network…')}</p>`
  const [outputs, ...each] = shape
  const size = weights.length / outputs
  const one = (/** @type {number} */ i) => tile(weights.subarray(i * size, (i + 1) * size), each, t('kernel {i} of {n}', { i: i + 1, n: outputs }), 30)
  return html`<div class="tiles small">${Array.from({ length: outputs }, (_, i) => one(i))}</div>
    <p class="note">${t('Each kernel is {kernel} numbers. Its weights for red, green and blue are drawn as one colour; grey is 0.', { kernel: each.join(' × ') })}</p>`
}

/** @param {App} app */
async function ask(app) {
  trained.set(app.host, {})
  try {
    const { facts } = await app.host.ask('network.open', { name: 'efficientnet_lite0' })
    const { index } = facts.layers.find((/** @type {{ kernel?: number[] }} */ { kernel }) => kernel)
    const reply = await app.host.ask('network.kernels', { layer: index })
    trained.set(app.host, { weights: new Float32Array(reply.bytes[0].slice().buffer), shape: reply.facts.shape })
  } catch (error) {
    const { refusal } = /** @type {{ refusal?: import('../../types').Refusal }} */ (error)
    trained.set(app.host, { refused: refusal?.words ?? { en: String(error), zh: String(error) } })
  }
  app.store.change('convolution', { tick: {} })
}

/** @param {Float32Array} numbers @param {number[]} shape @param {string} label @param {number} size */
function tile(numbers, shape, label, size) {
  const paint = (/** @type {Element | undefined} */ el) =>
    el && queueMicrotask(() => el.isConnected && drawKernel(/** @type {HTMLCanvasElement} */ (el), numbers, shape, lookOf(el), { size, most: null }))
  return html`<canvas role="img" aria-label=${label} title=${label} ${ref(paint)}></canvas>`
}
