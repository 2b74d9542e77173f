import { html } from 'lit-html'
import { pads, reach } from '../../core/axis.mjs'
import { inputOf } from '../input.mjs'
import { farthest, frame, image, plane, setUp } from './frame.mjs'
import { isPlain, oneChannel } from './part.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').Numbers} Numbers @typedef {import('../explain/explain.mjs').Model} Model */
/** @typedef {{ by: number, place: number, share: number, exact: boolean }} Answer */

/** Whether the map follows the picture, tried on the picture itself: exact where the stride divides the move.
 * @param {App} app @param {any} slice @param {Model} model @param {string} question */
export function translation(app, slice, model, question) {
  const { t } = app
  const { stride } = model.conv.axes[model.conv.axes.length - 1]
  const [, right] = slice.shift
  return frame(app, 'translation', question, {
    text: [
      t('Move the picture on the stage, or press a row of the table. Every window uses the same kernel, so the feature map moves with the picture. This is called translation equivariance.'),
      stride > 1
        ? t('But stride {stride} keeps only one window in {stride}. If {stride} divides d, moving the picture by d pixels moves the map by exactly d / {stride}. Otherwise no shift of the map matches; the table then tries the nearest whole one.', { stride })
        : t('Away from the edges this is exact for every move at stride 1. Set stride 2 to see it fail.'),
    ],
    figure: isPlain(model.conv) ? figure(app, slice, model, right) : html`<p class="note">${t('This works for two-dimensional convolutions that are not transposed.')}</p>`,
    acts: html`${setUp(app, t('Set stride 2'), 'nn.Conv2d(1, 1, kernel_size=3, stride=2, padding=1)')}${setUp(app, t('Set stride 1'), 'nn.Conv2d(1, 1, kernel_size=3, padding=1)')}`,
  })
}

/** @param {App} app @param {any} slice @param {Model} model @param {number} right */
function figure(app, slice, model, right) {
  const { t } = app
  const moved = (/** @type {number} */ by) => /** @type {Numbers} */ (inputOf(app.pictures, { ...slice, shift: [0, by] }))
  const map = oneChannel(model, slice.out, undefined, moved(0))
  const after = oneChannel(model, slice.out, undefined, moved(right))
  const answers = Array.from({ length: 2 * model.conv.axes[1].stride + 2 }, (_, by) => followed(slice, model, map, by, moved(by)))
  const ends = { signed: true, low: -farthest(map.data), high: farthest(map.data), size: 140 }
  return html`
    <div class="maps two">
      <figure>${image(plane(map, 0), t('the feature map'), ends)}<figcaption>${t('the feature map')}</figcaption></figure>
      <figure>${image(plane(after, 0), t('the picture moved by {d}', { d: right }), ends)}<figcaption>${t('the picture moved by {d}', { d: right })}</figcaption></figure>
    </div>
    <table class="grid">
      <thead><tr><th>${t('picture moves')}</th><th>${t('map moves')}</th><th>${t('mismatch')}</th></tr></thead>
      <tbody>${answers.map((answer) => row(app, answer, model.conv.axes[1].stride, right))}</tbody>
    </table>
  `
}

/** @param {App} app @param {Answer} answer @param {number} stride @param {number} right */
function row({ t, store }, { by, place, share, exact }, stride, right) {
  const fit = exact ? t('✓ exact: 0') : `${(100 * share).toFixed(1)} %`
  return html`<tr class=${by === right ? 'used' : ''}>
    <td><button aria-pressed=${by === right} @click=${() => store.change('convolution', { shift: [0, by] })}>${by}</button></td>
    <td>${by % stride ? `${by}/${stride} ≈ ${place}` : place}</td><td class=${exact ? 'agrees' : 'differs'}>${fit}</td>
  </tr>`
}

/** How well the map of the moved picture is the map moved, where no window touches an edge.
 * @param {any} slice @param {Model} model @param {Numbers} map @param {number} by @param {Numbers} input @returns {Answer} */
function followed(slice, model, map, by, input) {
  const [down, along] = model.conv.axes
  const after = oneChannel(model, slice.out, undefined, input)
  const place = Math.round(by / along.stride)
  const [, high, wide] = map.shape
  const columns = inner(along, input.shape[2], wide).filter((o) => inner(along, input.shape[2], wide).includes(o - place))
  let [error, size] = [0, 0]
  for (const row of inner(down, input.shape[1], high))
    for (const column of columns) {
      const before = map.data[row * wide + column - place]
      error += (after.data[row * wide + column] - before) ** 2
      size += before ** 2
    }
  return { by, place, share: size ? Math.sqrt(error / size) : 0, exact: error === 0 }
}

/** Outputs whose windows lie on the picture. @param {import('../../types').Axis} axis @param {number} n @param {number} m */
function inner(axis, n, m) {
  const start = (/** @type {number} */ o) => o * axis.stride - pads(axis, n)[0]
  return Array.from({ length: m }, (_, o) => o).filter((o) => start(o) >= 0 && start(o) + reach(axis) <= n)
}
