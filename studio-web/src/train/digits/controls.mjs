import { html } from 'lit-html'
import { short } from '../../core/number.mjs'
import { placeOf, rateAt } from './history.mjs'
import { painted } from './painted.mjs'

/** @typedef {import('../../types').App} App @typedef {ReturnType<typeof import('./training.mjs').createTraining>} Training
 * @typedef {ReturnType<typeof import('./subject.mjs').createSubject>} Subject */

const BATCHES = [8, 16, 32, 64, 128]
const WIDTHS = [4, 6, 8, 12, 16]

/** How it is trained, and the held-out pictures with what the network takes them for.
 * @param {App} app @param {Training} training @param {Subject} subject */
export function controls({ t }, training, subject) {
  const { settings, told } = training.state
  return html`
    <h2>${t('How it is trained')}</h2>
    <label class="slider">
      <span>${t('Learning rate')} <code>lr</code></span>
      <input type="range" min="0" max="1" step="0.01" .value=${String(placeOf(settings.rate))} @input=${(/** @type {Event} */ event) => training.set({ rate: rateAt(numberOf(event)) })} />
      <output>${short(settings.rate)}</output>
    </label>
    <label class="slider">
      <span>${t('Momentum')} <code>momentum</code></span>
      <input type="range" min="0" max="0.99" step="0.01" .value=${String(settings.momentum)} @input=${(/** @type {Event} */ event) => training.set({ momentum: numberOf(event) })} />
      <output>${short(settings.momentum)}</output>
    </label>
    <p class="how">${t('These two hold from the next step on; the others begin anew.')}</p>
    <div class="settings">
      <label>${t('Seed')} <input type="number" min="0" max="4294967295" step="1" .value=${String(settings.seed)} @change=${(/** @type {Event} */ event) => seeded(training, event)} /></label>
      ${chosen(t('Pictures a step'), BATCHES, settings.batch, (batch) => training.set({ batch }))}
      ${chosen(t('First kernels'), WIDTHS, settings.width, (width) => training.set({ width }))}
    </div>
    ${told && sheet(t, training, subject)}
  `
}

/** @param {Event} event */
const numberOf = (event) => Number(/** @type {HTMLInputElement} */ (event.target).value)

/** @param {Training} training @param {Event} event */
function seeded(training, event) {
  const field = /** @type {HTMLInputElement} */ (event.target)
  const isWhole = field.checkValidity() && field.value !== ''
  field.setAttribute('aria-invalid', String(!isWhole))
  if (isWhole) training.set({ seed: Number(field.value) })
}

/** @param {string} name @param {number[]} numbers @param {number} now @param {(number: number) => void} choose */
export const chosen = (name, numbers, now, choose) => html`
  <label>
    ${name}
    <select @change=${(/** @type {Event} */ event) => choose(numberOf(event))}>
      ${numbers.map((number) => html`<option value=${number} ?selected=${number === now}>${number}</option>`)}
    </select>
  </label>
`

/** @param {import('../../types').Say} t @param {Training} training @param {Subject} subject */
function sheet(t, { state }, subject) {
  const { shown, pictures, held } = /** @type {import('./training.mjs').Told} */ (state.told)
  const shares = state.numbers?.shares ?? new Float32Array(10 * shown.length)
  return html`
    <h2>${t('Held-out pictures')}</h2>
    <p class="how">${t('{n} of the {held} that it does not learn from, and what it takes each for. Press one to look at it.', { n: shown.length, held })}</p>
    <ul class="digits">
      ${shown.map((digit, i) => {
        const answer = strongest(shares.subarray(10 * i, 10 * i + 10))
        const counts = countsOf(pictures, i)
        return html`<li>${digitButton(counts, { label: answerWords(t, digit, answer), isWrong: answer !== digit, says: answer === digit ? `${answer}` : `${answer} ✗`, look: () => subject.look(counts, digit) })}</li>`
      })}
    </ul>
  `
}

/** @param {ArrayLike<number>} shares */
export const strongest = (shares) => Array.from(shares).reduce((best, share, digit, all) => (share > all[best] ? digit : best), 0)

/** @param {import('../../types').Say} t @param {number} digit @param {number} answer */
export const answerWords = (t, digit, answer) => (digit === answer ? t('a {digit}, taken for a {answer}: right', { digit, answer }) : t('a {digit}, taken for a {answer}: wrong', { digit, answer }))

/** @type {WeakMap<Uint8Array, Uint8Array[]>} */
const parts = new WeakMap()

/** The counts of one of many pictures; the same array each time, so that it is not painted anew.
 * @param {Uint8Array} pictures @param {number} i */
export function countsOf(pictures, i) {
  if (!parts.has(pictures)) parts.set(pictures, Array.from({ length: pictures.length / 64 }, (_, at) => pictures.slice(64 * at, 64 * at + 64)))
  return /** @type {Uint8Array[]} */ (parts.get(pictures))[i]
}

/** @param {Uint8Array} counts @param {{ label: string, isWrong: boolean, says: string, look: () => void }} shown */
export const digitButton = (counts, { label, isWrong, says, look }) => html`
  <button class="quiet ${isWrong ? 'wrong' : ''}" aria-label=${label} title=${label} @click=${look}>${digitPicture(counts)}<span>${says}</span></button>
`

/** @param {Uint8Array} counts */
export const digitPicture = (counts) => html`<canvas class="digit" ${painted({ values: counts, height: 8, width: 8, most: 16, tone: 'ink', theme: 'light' })}></canvas>`
