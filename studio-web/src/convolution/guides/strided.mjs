import { html } from 'lit-html'
import { outputSize, pads } from '../../core/axis.mjs'
import { frame, setUp } from './frame.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../explain/explain.mjs').Model} Model */

/** What 'same' has to pad at a stride, size by size.
 * @param {App} app @param {any} slice @param {Model} model @param {string} question */
export function strided(app, slice, { conv, input }, question) {
  const { t } = app
  const n = input.shape[input.shape.length - 1]
  const own = conv.axes[conv.axes.length - 1]
  const axis = { ...own, padding: 'same', output_padding: 0, stride: Math.max(own.stride, 2) }
  const sizes = Array.from({ length: 2 * axis.stride + 1 }, (_, i) => n + i - axis.stride).filter((size) => size > 0)
  const row = (/** @type {number} */ size) => {
    const [before, after] = pads(axis, size)
    return html`<tr class=${size === n ? 'used' : ''}><th scope="row">${size}</th><td>${outputSize(axis, size)}</td><td>${before}</td><td>${after}</td></tr>`
  }
  const resize = (/** @type {number} */ by) => () => app.store.change('convolution', { side: Math.max(8, Math.min(256, slice.side + by)) })
  return frame(app, 'strided-same', question, {
    text: [
      t("With a stride above 1, the padding that 'same' needs depends on the size of the picture: see the table. A PyTorch layer fixes its padding when it is created, before it has seen a picture. So it refuses."),
      t('TensorFlow, ONNX and Kaiyan compute the padding anew for every input. In PyTorch you write F.pad yourself, with the numbers for your size.'),
    ],
    figure: html`<table class="grid">
      <caption>${t("kernel {kernel}, stride {stride}, 'same'", { kernel: axis.kernel, stride: axis.stride })}</caption>
      <thead><tr><th>${t('input size n')}</th><th>${t('output size')}</th><th>${t('before')}</th><th>${t('after')}</th></tr></thead>
      <tbody>${sizes.map(row)}</tbody>
    </table>`,
    acts: html`${setUp(app, t("Set stride 2, 'same'"), "kaiyan.nn.Conv2d(1, 1, kernel_size=3, stride=2, padding='same')")}
      <button @click=${resize(-1)}>${t('One pixel less')}</button><button @click=${resize(1)}>${t('One pixel more')}</button>`,
  })
}
