import { html, nothing } from 'lit-html'
import { exact, short } from '../../core/number.mjs'
import { createSum } from '../../stage/sum.mjs'
import { refusalView } from '../choose.mjs'
import { sumFrom } from '../sums.mjs'

/** One value, opened: the products that make it, or the formula with its numbers. */

/** @typedef {import('../context').Context} Context */

/** @type {WeakMap<HTMLElement, ReturnType<typeof createSum>>} */
const strips = new WeakMap()

/** @param {Context} context */
const asked = ({ session, look, pixel }) => (pixel ? session.about('sum', look, { slot: 0, ...pixel }) : null)

/** @param {Context} context */
export function view(context) {
  const { app, network, pixel } = context
  const { t } = app
  if (!pixel) return html`<p>${t('Click a pixel of a map. The sum that makes its value opens here.')}</p>`
  const layer = network.layers[pixel.layer]
  const title = html`<h2>${t('The value of one pixel')}</h2>
    <p class="hint"><code>${layer.path}</code> ${t('channel {channel}, row {row}, column {column}', { ...pixel })}</p>`
  if (!layer.sum) return html`${title}<p>${t('The page cannot open the values of {kind}: it does not know how this layer computes them.', { kind: layer.kind })}</p>`
  const task = asked(context)
  if (task?.refusal) return html`${title}${refusalView(app, task.refusal, () => context.session.questions.forget())}`
  const facts = task?.value?.facts
  return html`
    ${title}
    ${facts ? html`<p class="formula">${app.words(facts.formula)}</p>` : html`<p role="status" class="hint">${t('Adding it up in double precision…')}</p>`}
    ${facts?.numbers?.length ? numbersView(context, facts) : nothing}
    <div class="strip over"></div>
  `
}

/** @param {Context} context @param {any} facts */
function numbersView({ app }, { numbers, sum64, shown, residual }) {
  const { t } = app
  return html`
    <table class="numbers">
      ${numbers.map((/** @type {{ name: import('../../types').Words, value: number }} */ { name, value }) => html`<tr><th scope="row">${app.words(name)}</th><td>${exact(value ?? NaN)}</td></tr>`)}
      <tr class="total"><th scope="row">${t('in float64')}</th><td>${exact(sum64 ?? NaN)}</td></tr>
      <tr><th scope="row">${t("the network's value")}</th><td>${exact(shown ?? NaN)}</td></tr>
      <tr><th scope="row">${t('rounding')}</th><td>${short(residual ?? NaN)}</td></tr>
    </table>
  `
}

/** @param {HTMLElement} el @param {Context} context */
export function paint(el, context) {
  const place = /** @type {HTMLElement | null} */ (el.querySelector('.strip'))
  if (!place || !context.pixel) return
  let strip = strips.get(place)
  if (!strip) {
    strip = createSum(place, context.app, { holder: () => context.app.t('The pixel'), close: () => context.change({ panel: 'answer' }) })
    strips.set(place, strip)
  }
  const reply = asked(context)?.value
  const sum = reply ? sumFrom(reply) : null
  strip.draw(sum, sum?.parts[0]?.channel)
}
