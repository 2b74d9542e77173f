import { html, nothing } from 'lit-html'
import { ref } from 'lit-html/directives/ref.js'
import { asOneKernel } from '../core/learning.mjs'
import { short } from '../core/number.mjs'
import { lookOf } from '../stage/look.mjs'
import { drawCurve } from './curve.mjs'
import { drawPlane, tonesOf } from './planes.mjs'
import { brushKeys, brushPointer } from './painting.mjs'
import { drawTaps } from './taps.mjs'
import { controls } from './controls.mjs'

/** The stage: input ∗ kernel = what it makes; below it what is wanted, the difference, and the loss.
 * @typedef {import('../types').App} App @typedef {import('./kernels.mjs').Scene} Scene @typedef {import('./kernels.mjs').Acts} Acts */

const GAP = 32
const NARROW = 560

/** @param {App} app @param {Acts} on @returns {(scene: Scene) => import('lit-html').TemplateResult} */
export function bench(app, on) {
  /** @type {HTMLElement | null} */
  let el = null
  /** @type {Scene | null} */
  let seen = null
  const paint = () => el && seen && el.isConnected && drawAll(app, el, seen)
  const resized = new ResizeObserver(() => paint())
  const hold = (/** @type {Element | undefined} */ given) => {
    resized.disconnect()
    el = /** @type {HTMLElement | null} */ (given ?? null)
    if (!el) return
    resized.observe(el)
    Object.assign(el, { kaiyan: { facts: () => seen && factsOf(seen) } })
  }
  const held = ref(hold)
  return (scene) => {
    seen = scene
    queueMicrotask(paint)
    return html`
      ${headline(app, scene)}
      <div class="bench ${scene.facts.kernels.length === 2 ? 'two' : 'one'}" data-bench ${held}>
        ${figure('input', app.t('the picture'))}
        ${scene.facts.kernels.map((_, at) => figure(`kernel-${at}`, kernelCaption(app, scene, at)))}
        ${figure('made', app.t('what it makes now'))}
        ${figure('loss', html`${app.t('mean squared difference')} <b>${short(scene.facts.last.loss)}</b>`)}
        ${scene.facts.kernels.length === 2 ? figure('both', scene.slice.relu ? app.t('without ReLU both would be this one') : app.t('both are this one kernel')) : nothing}
        ${figure('difference', app.t('difference: made − wanted'))}
        ${wanted(app, scene, on)}
      </div>
      ${controls(app, scene, on)}
    `
  }
}

/** What stands on the bench, for tests. @param {Scene} scene */
const factsOf = ({ problem: { input, wanted, goal }, facts: { kernels, steps, rest, last, stable, rate } }) => ({
  ...{ steps, rest, stable, rate, loss: last.loss, best: goal.loss },
  kernels: kernels.map((kernel) => [...kernel]),
  goal: [...goal.kernel],
  input: { ...input, data: [...input.data] },
  wanted: { ...wanted, data: [...wanted.data] },
})

/** @param {string} name @param {unknown} caption */
const figure = (name, caption) => html`<figure class=${`part ${name}`}>
  <figcaption>${caption}</figcaption>
  <canvas data-part=${name} aria-hidden="true"></canvas>
</figure>`

/** What is wanted, where a hand may paint. @param {App} app @param {Scene} scene @param {Acts} on */
function wanted(app, scene, on) {
  const { t } = app
  const paints = scene.brush !== null
  return html`<figure class="part wanted">
    <figcaption>${t('what is wanted')}</figcaption>
    ${paints
      ? html`<div class="easel" tabindex="0" role="application" aria-label=${t('What is wanted: arrow keys move the brush, Enter paints')}
          @pointerdown=${brushPointer(scene, on)} @pointermove=${brushPointer(scene, on)} @keydown=${brushKeys(app, scene, on)}
          @focus=${() => scene.cursor === null && on.look(0)}><canvas data-part="wanted" aria-hidden="true"></canvas></div>`
      : html`<canvas data-part="wanted" aria-hidden="true"></canvas>`}
  </figure>`
}

/** @param {App} app @param {Scene} scene @param {number} at */
function kernelCaption({ t }, { facts, slice }, at) {
  if (slice.relu && at === 1) return t('max(0, ·), then kernel {i} after {n} steps', { i: at + 1, n: facts.steps })
  return facts.kernels.length === 1 ? t('the kernel after {n} steps', { n: facts.steps }) : t('kernel {i} after {n} steps', { i: at + 1, n: facts.steps })
}

/** The one sentence over the stage. @param {App} app @param {Scene} scene */
function headline({ t }, { facts, problem }) {
  const count = facts.kernels.reduce((all, { length }) => all + length, 0)
  const text =
    facts.rest === 'diverged'
      ? t('Each step overshot further than the last. Choose a smaller learning rate.')
      : facts.rest === 'arrived' && facts.kernels.length === 1 && problem.goal.loss > 1e-9
        ? t('It has arrived: no kernel of this size comes nearer to what is wanted.')
        : facts.rest === 'arrived'
          ? t('It has arrived: these numbers were found, nobody wrote them.')
          : t('Nobody chose these {n} numbers. Each step moves every one of them against its gradient.', { n: count })
  return html`<p class=${`headline ${facts.rest ?? ''}`}>${facts.rest === 'diverged' ? html`<b aria-hidden="true">✕</b> ` : facts.rest ? html`<b aria-hidden="true">✓</b> ` : nothing}${text}</p>`
}

/** @param {App} app @param {HTMLElement} el @param {Scene} scene */
function drawAll(app, el, scene) {
  const look = lookOf(el)
  const { facts, problem, picture, slice } = scene
  const columns = el.clientWidth < NARROW ? 2 : facts.kernels.length + 2
  const room = Math.floor((el.clientWidth - (columns - 1) * (columns === 2 ? 16 : GAP)) / columns)
  const side = Math.min(room, 420)
  const large = columns === 2 && facts.kernels.length === 1 ? Math.min(el.clientWidth, 280) : side
  const canvas = (/** @type {string} */ name) => /** @type {HTMLCanvasElement} */ (el.querySelector(`[data-part="${name}"]`))
  const tones = tonesOf(scene, look)
  drawPlane(canvas('input'), picture, { side, tone: tones.input, look, offset: 0, legend: true })
  drawPlane(canvas('made'), facts.last.made, { side, tone: tones.wanted, look, offset: problem.offset, legend: true })
  drawPlane(canvas('wanted'), problem.wanted, { side, tone: tones.wanted, look, offset: problem.offset, legend: true, cursor: scene.brush === null ? null : scene.cursor })
  drawPlane(canvas('difference'), facts.last.difference, { side, tone: tones.difference, look, offset: 0, legend: true })
  facts.kernels.forEach((kernel, at) => drawTaps(canvas(`kernel-${at}`), kernel, facts.rest === 'diverged' ? null : facts.last.gradients[at], { side: large, far: tones.kernels[at], look }))
  if (facts.kernels.length === 2) drawTaps(canvas('both'), asOneKernel(facts.kernels[0], facts.kernels[1]), null, { side, far: tones.both, look })
  const best = facts.kernels.length === 2 && slice.relu ? app.t('best single kernel') : app.t('best possible')
  drawCurve(canvas('loss'), { width: columns === 2 ? el.clientWidth : side, height: columns === 2 ? 120 : side, curve: facts.curve, before: scene.before, floor: problem.goal.loss, look, best, steps: app.t('steps') })
}
