import { html } from 'lit-html'
import { outputShape } from '../../core/conv.mjs'
import { fieldHoles, fieldSize, fieldsOf, inputsOf, ratioText } from '../../core/field.mjs'
import { tried } from '../../core/sentence.mjs'
import { frame, image, plane, setUp } from './frame.mjs'
import { isPlain } from './part.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').Conv} Conv @typedef {import('../explain/explain.mjs').Model} Model */
/** @typedef {import('../../core/field.mjs').Field} Field */

const MOST = 6

/** The layer upon itself, again and again: what one output of each sees of the picture.
 * @param {App} app @param {any} _slice @param {Model} model @param {string} question */
export function layers(app, _slice, model, question) {
  const { t } = app
  return frame(app, 'layers', question, {
    text: [
      t('An output of the first layer sees the pixels under its kernel. An output of the second layer sees several outputs of the first, and so a larger part of the picture. A stride or a dilation makes this receptive field grow faster.'),
      t('Here this layer is stacked on itself. Each square is the receptive field of the middle output after one more layer.'),
    ],
    figure: isPlain(model.conv) ? figure(app, model) : html`<p class="note">${t('This works for two-dimensional convolutions that are not transposed.')}</p>`,
    acts: html`${setUp(app, t('Set kernel size 3'), 'nn.Conv2d(1, 1, kernel_size=3, padding=1)')}${setUp(app, t('Set stride 2'), 'nn.Conv2d(1, 1, kernel_size=3, stride=2, padding=1)')}
      <button @click=${() => app.open('network')}>${t('See it in a real network')}</button>`,
  })
}

/** @param {App} app @param {Model} model */
function figure(app, { conv, input }) {
  const { t } = app
  const start = [1, ...input.shape.slice(1)]
  const shapes = stacked({ ...conv, in_channels: 1, out_channels: 1, groups: 1 }, start)
  const fields = fieldsOf(shapes.map(() => ({ ...conv, in_channels: 1, out_channels: 1, groups: 1 })), start)
  const squares = fields.map((each, i) => square(each, shapes[i].slice(1)))
  const skips = fields.some((each) => each.some(fieldHoles))
  const row = (/** @type {Field[]} */ each, /** @type {number} */ i) => html`<tr>
    <th scope="row">${i + 1}</th><td>${each.map(fieldSize).join(' × ')}</td><td>${each.map(({ jump }) => ratioText(jump)).join(' × ')}</td>${skips ? html`<td>${each.map(fieldHoles).join(' × ')}</td>` : ''}
  </tr>`
  const label = t('The picture with a square for each layer, {sizes} pixels wide', { sizes: fields.map(([, wide]) => fieldSize(wide)).join(', ') })
  return html`
    <figure>${image(plane(input, 0), label, { size: 240, low: 0, high: 255, squares })}</figure>
    <table class="grid">
      <thead><tr><th>${t('layer')}</th><th>${t('receptive field')}</th><th>${t('step')}</th>${skips ? html`<th>${t('skipped')}</th>` : ''}</tr></thead>
      <tbody>${fields.map(row)}</tbody>
    </table>
  `
}

/** The sizes after each layer, as many as the picture takes. @param {Conv} conv @param {number[]} start */
function stacked(conv, start) {
  const shapes = [start]
  while (shapes.length <= MOST) {
    const { value } = tried(() => outputShape(conv, shapes[shapes.length - 1]))
    if (!value || value.some((n) => n < 1)) break
    shapes.push(value)
  }
  return shapes.slice(1)
}

/** What the middle output sees, in pixels of the picture. @param {Field[]} fields @param {number[]} sizes */
function square(fields, sizes) {
  const [[top, bottom], [left, right]] = fields.map((field, i) => {
    const seen = inputsOf(field, Math.floor(sizes[i] / 2))
    return [seen[0], seen[seen.length - 1] + 1]
  })
  return { top, left, bottom, right }
}
