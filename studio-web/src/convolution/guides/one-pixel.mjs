import { html } from 'lit-html'
import { reach } from '../../core/axis.mjs'
import { conventionsFor, padded } from '../../core/conventions.mjs'
import { spellings } from '../../core/code.mjs'
import { short } from '../../core/number.mjs'
import { code } from '../explain/code.mjs'
import { edges } from '../explain/edges.mjs'
import { farthest, frame, image, plane, setUp } from './frame.mjs'
import { difference, isPlain, oneChannel } from './part.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').Numbers} Numbers @typedef {import('../explain/explain.mjs').Model} Model */

const KEYS = ['number', 'same', 'same_lower']

/** The same layer under three libraries' padding, on this very picture.
 * @param {App} app @param {any} slice @param {Model} model @param {string} question */
export function onePixel(app, slice, model, question) {
  const { t } = app
  const { conv, input } = model
  const fits = isPlain(conv) && conv.axes.every((axis, i) => input.shape[i + 1] >= reach(axis))
  return frame(app, 'one-pixel', question, {
    text: [
      t("In PyTorch one usually pads half the kernel on both sides. TensorFlow's 'same' pads as little as possible, and puts an odd pixel at the end. With a window of odd size, both give outputs of the same size."),
      t('With a stride above 1, their windows can stand on different pixels. The shapes are equal, so nothing fails, but a network trained with one and run with the other computes different numbers.'),
    ],
    figure: fits ? figure(app, slice, model) : html`<p class="note">${t('This works for two-dimensional convolutions that are not transposed.')}</p>`,
    acts: setUp(app, t('Set stride 2, padding 1'), 'nn.Conv2d(1, 1, kernel_size=3, stride=2, padding=1)'),
  })
}

/** @param {App} app @param {any} slice @param {Model} model */
function figure(app, slice, model) {
  const axis = model.conv.axes[1]
  const n = model.input.shape[2]
  const rows = conventionsFor(axis, n)
  const known = KEYS.flatMap((key) => rows.filter((row) => row.key === key))
  const maps = known.map(({ key }) => oneChannel(model, slice.out, (each) => padded(key, each)))
  const most = Math.max(...maps.map(({ data }) => farthest(data)))
  return html`
    ${known.map(({ key, name }) => html`<div class="strip"><h3>${name}</h3>${edges(app, padded(key, axis), n, axis.name, false)}</div>`)}
    <div class="maps">
      ${known.map(({ name }, i) => html`<figure>${image(plane(maps[i], 0), name, { low: -most, high: most, signed: true })}<figcaption>${name}</figcaption></figure>`)}
    </div>
    ${changed(app, model, maps[0], maps[1])}
  `
}

/** PyTorch's map less TensorFlow's, and the lines that make them equal.
 * @param {App} app @param {Model} model @param {Numbers} ours @param {Numbers} theirs */
function changed(app, { conv, input }, ours, theirs) {
  const { t } = app
  if (String(ours.shape) !== String(theirs.shape)) return html`<p>${t('Here even the sizes differ: padding half of a window of even size does not keep the size.')}</p>`
  const { data, count } = difference(ours.data, theirs.data)
  if (!count) return html`<p><b>${t('Here they agree to the last bit. Try stride 2 and an even input size.')}</b></p>`
  const facts = { count, all: data.length, most: short(farthest(data)), far: short(farthest(theirs.data)) }
  const [torch] = spellings({ ...conv, axes: conv.axes.map((axis) => padded('same', axis)) }, input.shape)
  const name = t('PyTorch minus TensorFlow')
  return html`
    <div class="maps beside">
      <figure>${image({ data, rows: ours.shape[1], columns: ours.shape[2] }, name, { size: 152, signed: true })}<figcaption>${name}</figcaption></figure>
      <p>${t('{count} of {all} outputs differ, by at most {most}. The largest absolute value in the map is {far}.', facts)}</p>
    </div>
    <p>${t('With these lines PyTorch computes the same as TensorFlow:')}</p>
    ${code(app, 'PyTorch', torch.lines)}
  `
}
