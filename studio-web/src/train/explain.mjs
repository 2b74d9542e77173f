import { html, nothing } from 'lit-html'
import { ref } from 'lit-html/directives/ref.js'
import { farthest, halving } from '../core/curvature.mjs'
import { asOneKernel, sideOf } from '../core/learning.mjs'
import { count, short } from '../core/number.mjs'
import { drawKernel } from '../stage/kernel.mjs'
import { lookOf } from '../stage/look.mjs'
import { spread } from './problem.mjs'

/** What happens, in words and with the numbers of the moment.
 * @typedef {import('../types').App} App @typedef {import('./kernels.mjs').Scene} Scene */

/** @param {App} app @param {Scene} scene */
export const explanation = (app, scene) => html`
  <h2>${app.t('What decides the numbers?')}</h2>
  <p>${app.t('The kernel makes a picture, the difference from what is wanted is squared, and every number of the kernel moves against its gradient. An arrow shows where it is pushed; below it stands its gradient.')}</p>
  <p><code>w ← w − ${app.t('rate')} × ${app.t('gradient')}</code></p>
  ${scene.slice.lesson === 'two' ? together(app, scene) : nothing}
  <h3>${app.t('The learning rate')}</h3>
  ${rateWords(app, scene)}
  ${goal(app, scene)}
  ${undetermined(app, scene)}
  ${table(app, scene)}
`

/** @param {App} app @param {Scene} scene */
function rateWords({ t }, { facts, slice, problem }) {
  const { rate, stable, curvature } = facts
  const numbers = { rate: short(rate), stable: short(stable) }
  const least = problem.goal.curvatures[problem.goal.determined - 1]
  const steps = slice.lesson === 'two' ? NaN : halving(rate, slice.momentum, least)
  const words =
    rate >= stable
      ? t('{rate} is above {stable}, the largest stable rate: every step overshoots further than the one before, and the numbers grow without end.', numbers)
      : rate > stable / (slice.momentum ? 1.25 : 2)
        ? t('{rate} is close below {stable}, the largest stable rate: steps jump over the goal and back, and still come nearer.', numbers)
        : rate < stable / 50
          ? t('{rate} is far below {stable}, the largest stable rate: it is safe, and it crawls.', numbers)
          : t('{rate} is below {stable}, the largest stable rate: it is safe.', numbers)
  return html`
    <p>${words}</p>
    ${rate < stable && Number.isFinite(steps) ? html`<p>${t('Along the flattest direction, half of the way is left after {n} steps.', { n: count(Math.max(1, Math.ceil(steps))) })}</p>` : nothing}
    <p><small>${t('The limit is 2 · (1 + momentum) / c = {stable}, where c = {c} is the largest curvature of the loss: the largest eigenvalue of its Hessian, computed from this picture.', { stable: short(stable), c: short(curvature) })}</small></p>
    <p><small>${slice.lesson === 'two' ? t('With two kernels it changes as they move; it is measured where they stand now.') : t('The picture’s mean brightness is taken off before: it would make the limit several times smaller.')}</small></p>
  `
}

/** @param {App} app @param {Scene} scene */
function together({ t }, { slice, facts, problem }) {
  if (!slice.relu)
    return html`<h3>${t('Two in a row are one')}</h3>
      <p>${t('Without anything between them, two kernels of 3×3 do exactly what one of 5×5 does: their full convolution, drawn under them. They reach only some of the kernels of 5×5, never more.')}</p>`
  const between = facts.last.between[0].data
  const passed = between.filter((value) => value > 0).length / between.length
  return html`<h3>${t('ReLU makes two more than one')}</h3>
    <p>${t('Between the kernels, what is below 0 becomes 0: {part} % of the numbers pass. No single kernel does this. The best single 5×5 kernel leaves a loss of {best}; these two are at {loss}.', { part: Math.round(100 * passed), best: short(problem.goal.loss), loss: short(facts.last.loss) })}</p>
    ${passed === 0 ? html`<p><b>${t('Nothing passes: every gradient is 0, and nothing can move any more. Choose other random numbers.')}</b></p>` : nothing}`
}

/** The best kernel in closed form. @param {App} app @param {Scene} scene */
function goal(app, { problem: { goal: best, wanted }, facts }) {
  const { t } = app
  const side = sideOf(best.kernel)
  const kernel = facts.kernels.length === 1 ? facts.kernels[0] : asOneKernel(facts.kernels[0], facts.kernels[1])
  const part = best.loss / spread(wanted.data) ** 2
  return html`
    <h3>${t('The goal, without any step')}</h3>
    <figure class="goal">
      ${small(app, best.kernel)}
      <figcaption><span>${t('The kernel of least squares, {side}×{side}, in one calculation.', { side })}</span>
        ${facts.rest === 'diverged' ? nothing : html`<span>${t('Largest difference from it now:')} <b>${short(Number(farthest(best, kernel).toPrecision(2)))}</b></span>`}
        <span>${part > 1e-9 ? t('Even it leaves {part} % of the variance unexplained.', { part: short(100 * part) }) : t('It explains the picture to the last digit.')}</span></figcaption>
    </figure>`
}

/** @param {App} app @param {Scene} scene */
function undetermined(app, { problem: { goal: best } }) {
  const { t } = app
  const taps = best.kernel.length
  const told = best.directions[best.determined - 1]
  const hidden = best.directions.slice(best.determined, best.determined + 4)
  return html`
    <h3>${t('What this picture cannot determine')}</h3>
    ${hidden.length
      ? html`<p>${t('{n} of {taps} directions: adding any amount of these patterns to the kernel changes nothing. They stay as the random beginning left them.', { n: taps - best.determined, taps })}</p>
          <div class="patterns">${hidden.map((direction) => small(app, direction))}</div>`
      : html`<p>${t('Nothing: it determines all {taps} numbers. It tells the left pattern best and the right one least: there the loss is {ratio} times less curved, so that is learned last.', { taps, ratio: count(Math.round(best.curvatures[0] / best.curvatures[taps - 1])) })}</p>
          <div class="patterns">${small(app, best.directions[0])} ${small(app, told)}</div>`}`
}

/** A small kernel without numbers. @param {App} app @param {Float64Array} kernel */
function small(app, kernel) {
  const side = sideOf(kernel)
  const draw = (/** @type {Element | undefined} */ canvas) =>
    canvas && drawKernel(/** @type {HTMLCanvasElement} */ (canvas), Float32Array.from(kernel), [side, side], lookOf(app.root), { size: 20 * 3, most: null })
  return html`<canvas class="small-kernel" aria-hidden="true" ${ref(draw)}></canvas>`
}

/** All numbers of the bench as a table. @param {App} app @param {Scene} scene */
function table({ t }, { facts, problem: { goal: best }, slice }) {
  const isOne = facts.kernels.length === 1
  return html`<details class="numbers">
    <summary>${t('Read as table')}</summary>
    ${facts.kernels.map((kernel, at) => {
      const side = sideOf(kernel)
      return html`<table>
        <caption>${isOne ? t('the kernel after {n} steps', { n: facts.steps }) : t('kernel {i} after {n} steps', { i: at + 1, n: facts.steps })}</caption>
        <thead><tr><th scope="col">${t('row, column')}</th><th scope="col">${t('now')}</th><th scope="col">${t('gradient')}</th>${isOne ? html`<th scope="col">${t('goal')}</th>${slice.noise ? html`<th scope="col">±</th>` : nothing}` : nothing}</tr></thead>
        <tbody>${[...kernel].map((value, tap) => html`<tr><th scope="row">${Math.floor(tap / side)}, ${tap % side}</th><td>${short(value)}</td><td>${short(facts.last.gradients[at][tap])}</td>
          ${isOne ? html`<td>${short(Math.abs(best.kernel[tap]) < 1e-9 ? 0 : best.kernel[tap])}</td>${slice.noise ? html`<td>${short(best.errors[tap])}</td>` : nothing}` : nothing}</tr>`)}</tbody>
      </table>`
    })}
  </details>`
}
