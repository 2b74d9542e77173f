import { html, nothing } from 'lit-html'
import { kernelNamed } from '../../core/kernels.mjs'
import { refusalView } from '../choose.mjs'
import { signed } from '../../core/colour.mjs'
import { colourKernel, drawKernel } from '../../stage/kernel.mjs'
import { drawEnds } from '../sight.mjs'

/** The layer's kernels as images, beside kernels that a person wrote down. */

/** @typedef {import('../context').Context} Context @typedef {import('../types').Layer} Layer */

const MOST = 256
const FIXED = ['sobel-x', 'sobel-y', 'laplacian']

/** The layer whose kernels are shown: that in focus, else the first that has some.
 * @param {Context} context */
function layerOf({ network, pixel }) {
  const own = pixel && network.layers[pixel.layer]
  return own?.kernel ? own : (network.layers.find(({ kernel }) => kernel) ?? null)
}

/** Whether a layer has so many kernels that those of one channel are shown: one for each of many inputs.
 * @param {Layer} layer */
function byChannel({ parameters, channels, kernel }) {
  const each = Math.floor(parameters / (channels * (kernel ?? [1]).reduce((area, side) => area * side, 1)))
  return each !== 1 && each !== 3
}

/** @param {Context} context */
function asked(context) {
  const layer = layerOf(context)
  if (!layer) return null
  const { pixel, session, look } = context
  const channel = byChannel(layer) ? (pixel?.layer === layer.index ? pixel.channel : 0) : undefined
  return session.about('kernels', look, { layer: layer.index, channel })
}

/** @param {Context} context */
export function view(context) {
  const { app, network, pixel } = context
  const { t } = app
  const layer = layerOf(context)
  if (!layer) return html`<p>${t('This network has no kernels to show.')}</p>`
  const task = asked(context)
  const shape = /** @type {number[] | undefined} */ (task?.value?.facts.shape)
  return html`
    <h2>${t("What decides a kernel's values?")}</h2>
    <div class="kernels fixed">
      ${FIXED.map((name) => html`<figure><canvas data-fixed=${name} role="img" aria-label=${name}></canvas><figcaption><small>${name}</small></figcaption></figure>`)}
    </div>
    <p>${t('A person decided these: sobel-x is the brightness on the right minus that on the left, sobel-y below minus above.')}</p>
    <h3>${t('The kernels of layer {layer}', { layer: layer.index })} <code>${layer.path}</code></h3>
    <p>
      ${network.trained
        ? t('Nobody chose these numbers. They began at random; training changed them a little, many thousands of times, until most predictions were right.')
        : t('If this network was not trained, these are only random numbers.')}
    </p>
    ${task?.refusal ? refusalView(app, task.refusal, () => context.session.questions.forget()) : nothing}
    ${shape ? grid(context, shape, pixel?.layer === layer.index ? pixel.channel : null) : html`<p class="hint" role="status">${t('Fetching the kernels…')}</p>`}
  `
}

/** @param {Context} context @param {number[]} shape @param {number | null} channel */
function grid({ app, change }, shape, channel) {
  const { t } = app
  const [count, inputs] = shape
  const isColour = colourKernel(shape)
  const many = !isColour && inputs > 1
  const shown = many ? inputs * count : count
  return html`
    ${many ? html`<p>${t('Channel {channel} has one kernel for each of {inputs} input channels.', { channel: channel ?? 0, inputs })}</p>` : nothing}
    <div class="kernels">
      ${Array.from({ length: Math.min(shown, MOST) }, (_, i) => {
        const label = many ? t('input channel {i}', { i }) : t('channel {channel}', { channel: i })
        const canvas = html`<canvas data-kernel=${i} role="img" aria-label=${label}></canvas>`
        return many || channel === null
          ? html`<figure>${canvas}</figure>`
          : html`<button aria-pressed=${i === channel} title=${label} @click=${() => change({ channel: i })}>${canvas}</button>`
      })}
    </div>
    ${shown > MOST ? html`<p class="hint">${t('the first {most} of {n}', { most: MOST, n: shown })}</p>` : nothing}
    <p class="legend">${isColour ? t('drawn as colours: grey means 0 in red, green and blue') : html`<canvas class="ends"></canvas>`}</p>
  `
}

/** @param {HTMLElement} el @param {Context} context */
export function paint(el, context) {
  const { theme } = context
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (el.querySelectorAll('canvas[data-fixed]'))) {
    const made = kernelNamed(canvas.dataset.fixed ?? '')
    if (made) drawKernel(canvas, Float32Array.from(made.data), made.shape, theme, { size: 72, most: null })
  }
  const reply = asked(context)?.value
  if (!reply) return
  const weights = new Float32Array(reply.bytes[0].slice().buffer)
  const shape = /** @type {number[]} */ (reply.facts.shape)
  drawAll(el, weights, shape, theme)
}

/** @param {HTMLElement} el @param {Float32Array} weights @param {number[]} shape @param {Context['theme']} theme */
function drawAll(el, weights, shape, theme) {
  const [, , high = 1, wide = 1] = shape
  const area = high * wide
  const isColour = colourKernel(shape)
  const most = weights.reduce((far, weight) => Math.max(far, Math.abs(weight)), 0)
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (el.querySelectorAll('canvas[data-kernel]'))) {
    const i = Number(canvas.dataset.kernel)
    const from = i * (isColour ? 3 : 1) * area
    const part = weights.subarray(from, from + (isColour ? 3 : 1) * area)
    drawKernel(canvas, part, isColour ? [3, high, wide] : [high, wide], theme, { size: 36, most: isColour ? null : most })
  }
  const ends = /** @type {HTMLCanvasElement | null} */ (el.querySelector('canvas.ends'))
  if (ends) drawEnds(ends, { low: -most, high: most, signed: true, palette: signed(theme.theme) }, theme)
}

