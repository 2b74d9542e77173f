import { html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { cellGrid } from '../convolution/kernel/cells.mjs'
import { notANumber, readRows } from '../convolution/kernel/rows.mjs'
import { sideOf } from '../core/learning.mjs'
import { short } from '../core/number.mjs'
import { lookOf } from '../stage/look.mjs'
import { RATES } from './slice.mjs'
import { resized, WISHES, wishOf, withTap } from './wishes.mjs'

/** What is wanted, and how it is learned.
 * @typedef {import('../types').App} App @typedef {import('./kernels.mjs').Scene} Scene @typedef {import('./kernels.mjs').Acts} Acts */

/** @param {App} app @param {Scene} scene @param {Acts} on */
export const settings = (app, scene, on) => html`
  <div class="settings">
    ${wish(app, scene, on)} ${target(app, scene, on)} ${brushes(app, scene, on)}
    <h2>${app.t('How it learns')}</h2>
    ${scene.slice.lesson === 'two' ? relu(app, scene, on) : size(app, scene, on)} ${rate(app, scene, on)}
    ${slider(app.t('Momentum'), 'momentum', { min: 0, max: 0.99, step: 0.01, value: scene.slice.momentum, text: short(scene.slice.momentum) }, (momentum) => on.change({ momentum }))}
    ${slider(app.t('Noise on what is wanted'), 'noise', { min: 0, max: 1, step: 0.05, value: scene.slice.noise, text: `${Math.round(100 * scene.slice.noise)} %` }, (noise) => on.change({ noise }))}
    ${pictureField(app)}
  </div>
`

/** @param {App} app @param {Scene} scene @param {Acts} on */
function wish({ t }, { slice }, on) {
  const { name } = wishOf(slice)
  return html`<label class="field"><span>${t('What is wanted of the picture')}</span>
    <select @change=${(/** @type {any} */ { target: { value } }) => on.change({ wish: value, target: null })}>
      ${name === 'own' ? html`<option value="own" .selected=${live(true)}>${t('your own kernel')}</option>` : nothing}
      ${WISHES.map((each) => html`<option value=${each.name} .selected=${live(each.name === name)}>${t(each.title)}</option>`)}
    </select></label>`
}

/** The kernel that makes what is wanted: to be typed or painted. @param {App} app @param {Scene} scene @param {Acts} on */
function target(app, { slice }, on) {
  const { t } = app
  const asked = wishOf(slice)
  const side = sideOf(asked.kernel)
  const now = () => wishOf(app.store.state.train)
  const paste = (/** @type {string} */ text) => {
    const { rows } = readRows(text)
    const fits = rows && [3, 5].includes(rows.length) && rows.every((row) => row.length === rows.length)
    if (fits) on.change({ wish: 'own', target: rows.flat() })
    else app.tell(t('Paste 3 rows of 3 numbers, or 5 rows of 5.'))
    return Boolean(fits)
  }
  const grid = cellGrid({
    app, theme: lookOf(app.root).theme, sizes: [side, side], numbers: asked.kernel, brush: null, paste,
    change: (tap, value) => on.change(withTap(now(), tap, value)),
    refuse: (word) => app.tell(app.words(notANumber(word))),
  })
  return html`<details class="target" open>
    <summary>${t('The kernel that makes it: change its numbers')}</summary>
    ${grid}
    <div class="row">
      ${[3, 5].map((each) => html`<button class="small" aria-pressed=${each === side} @click=${() => each !== side && on.change(resized(now(), each))}>${each}×${each}</button>`)}
    </div>
  </details>`
}

/** @param {App} app @param {Scene} scene @param {Acts} on */
function brushes({ t }, { brush }, on) {
  const one = (/** @type {number | null} */ value, /** @type {string} */ word) =>
    html`<button class="small" aria-pressed=${brush === value} @click=${() => on.brush(brush === value ? null : value)}>${word}</button>`
  return html`<div class="brushes" role="group" aria-label=${t('Paint on what is wanted')}>
    <span>${t('Paint on what is wanted')}</span>
    <div class="row">
      ${one(1, t('light'))} ${one(-1, t('dark'))} ${one(0, t('as it was'))}
      ${on.isPainted() ? html`<button class="small" @click=${on.clear}>${t('Remove all paint')}</button>` : nothing}
    </div>
  </div>`
}

/** @param {App} app @param {Scene} scene @param {Acts} on */
const size = ({ t }, { slice }, on) => html`<div class="field" role="group" aria-label=${t('Kernel that learns')}>
  <span>${t('Kernel that learns')}</span>
  <div class="row">${[3, 5].map((each) => html`<button class="small" aria-pressed=${slice.size === each} @click=${() => on.change({ size: each })}>${each}×${each}</button>`)}</div>
</div>`

/** @param {App} app @param {Scene} scene @param {Acts} on */
const relu = ({ t }, { slice }, on) => html`<label class="check">
  <input type="checkbox" .checked=${live(slice.relu)} @change=${(/** @type {any} */ { target: { checked } }) => on.change({ relu: checked })} />
  ${t('ReLU between them: what is below 0 becomes 0')}
</label>`

/** The learning rate on a scale of powers of ten, with the largest stable one beside it. @param {App} app @param {Scene} scene @param {Acts} on */
function rate({ t }, { slice, facts }, on) {
  const { least, most } = RATES
  return html`
    ${slider(t('Learning rate'), 'rate', { min: Math.log10(least), max: Math.log10(most), step: 0.01, value: Math.log10(facts.rate), text: short(facts.rate) }, (power) => on.change({ rate: Number((10 ** power).toPrecision(3)) }))}
    <p class="limit">${t('largest stable rate here')} <b>${short(facts.stable)}</b>
      ${slice.rate === null ? html`<small>${t('the rate follows it')}</small>` : html`<button class="small" @click=${() => on.change({ rate: null })}>${t('Follow it')}</button>`}
    </p>
  `
}

/** @param {string} label @param {string} name @param {{ min: number, max: number, step: number, value: number, text: string }} facts
 * @param {(value: number) => void} take */
const slider = (label, name, { min, max, step, value, text }, take) => html`<label class="slider">
  <span>${label}</span> <output>${text}</output>
  <input type="range" name=${name} min=${min} max=${max} step=${step} .value=${live(String(value))} aria-valuetext=${text}
    @input=${(/** @type {any} */ { target }) => take(Number(target.value))} />
</label>`

/** @param {App} app */
function pictureField(app) {
  const { t } = app
  const take = async (/** @type {any} */ { target }) => {
    const file = target.files[0]
    target.value = ''
    if (file) (await app.bring(() => import('../convolution/picture-sources.mjs'))).take(app, file, file.name)
  }
  return html`<div class="sources">
    <label class="button">${t('Open a picture')}<input class="unseen" type="file" accept="image/*" @change=${take} /></label>
    <small>${t('The picture of the Convolution tab is used.')}</small>
  </div>`
}
