import { html } from 'lit-html'
import { outputSize, pads } from '../../core/axis.mjs'
import { frame, setUp } from './frame.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').Axis} Axis @typedef {import('../explain/explain.mjs').Model} Model */

const [KERNELS, STRIDES] = [[1, 2, 3, 4, 5, 7], [1, 2, 3]]

/** When padding=1 is 'same', by kernel and stride, at the picture's size.
 * @param {App} app @param {any} _slice @param {Model} model @param {string} question */
export function isSame(app, _slice, { conv, input }, question) {
  const { t } = app
  const n = input.shape[input.shape.length - 1]
  const now = conv.axes[conv.axes.length - 1]
  const cell = (/** @type {number} */ kernel, /** @type {number} */ stride) => {
    const { text, differs } = compared(app, kernel, stride, n)
    const used = now.kernel === kernel && now.stride === stride
    return html`<td class="${differs ? 'differs' : 'agrees'} ${used ? 'used' : ''}">${setUp(app, text, `nn.Conv2d(1, 1, kernel_size=${kernel}, stride=${stride}, padding=1)`)}</td>`
  }
  return frame(app, 'same', question, {
    text: [
      t("'same' asks for an output size, ⌈n / stride⌉. padding=1 asks for one pixel on each side. With a reach of 3 and a stride of 1 they always agree; otherwise they agree at some input sizes, or at none."),
      t("The table compares padding=1 with 'same' at {n} inputs. “a ≠ b”: their output sizes differ. “early”: the first window of padding=1 begins so many pixels earlier. Press a cell to see that layer.", { n }),
    ],
    figure: html`<table class="grid">
      <thead><tr><th>${t('kernel')}</th>${STRIDES.map((stride) => html`<th>stride=${stride}</th>`)}</tr></thead>
      <tbody>${KERNELS.map((kernel) => html`<tr><th scope="row">${kernel}</th>${STRIDES.map((stride) => cell(kernel, stride))}</tr>`)}</tbody>
    </table>`,
  })
}

/** @param {App} app @param {number} kernel @param {number} stride @param {number} n */
function compared({ t }, kernel, stride, n) {
  /** @type {Axis} */
  const one = { name: 'W', kernel, stride, dilation: 1, padding: [1, 1], output_padding: 0 }
  const same = { ...one, padding: 'same' }
  if (n + 2 < kernel) return { text: t('kernel too large'), differs: true }
  const [m, right] = [outputSize(one, n), outputSize(same, n)]
  if (m !== right) return { text: `${m} ≠ ${right}`, differs: true }
  const shift = 1 - pads(same, n)[0]
  return shift ? { text: t('{shift} px early', { shift: String(shift).replace('-', '−') }), differs: true } : { text: t('✓ equal'), differs: false }
}
