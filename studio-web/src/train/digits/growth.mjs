import { html, nothing, svg } from 'lit-html'
import { refusalWords } from '../../app/refusal.mjs'
import { count, short, tight } from '../../core/number.mjs'
import { chosen } from './controls.mjs'
import { line } from './history.mjs'
import { painted } from './painted.mjs'

/** @typedef {import('../../types').App} App @typedef {ReturnType<typeof import('./training.mjs').createTraining>} Training
 * @typedef {import('./history.mjs').Standing} Standing @typedef {import('./history.mjs').Judgement} Judgement */

/** Numbers of one of the first kernels. */
const TAPS = 25

/** Play, step and begin anew; how far it is. @param {App} app @param {Training} training */
export function acting(app, { state, play, pause, step, restart, hurry }) {
  const { t } = app
  const { isPlaying, isAsking, told, standing, refusal, pace } = state
  return html`
    <div class="acts">
      <button class="play" ?disabled=${!told} @click=${() => (isPlaying ? pause() : play())}>${isPlaying ? t('Pause training') : t('Train on')}</button>
      <button ?disabled=${!told} @click=${step}>${t('One step')}</button>
      <button @click=${restart}>${t('Begin anew')}</button>
      ${told && chosen(t('Steps at a time'), [1, 5, told.epoch], pace, hurry)}
    </div>
    ${told && standing
      ? html`<p class="standing">${t('Step {step}, {epoch} times through {learned} pictures; of those held out {right} of {held} are told right.', {
          step: count(standing.step), epoch: standing.epoch, learned: count(told.learned), right: standing.held.right, held: standing.held.pictures,
        })}</p>`
      : html`<p class="standing">${isAsking ? t('Python is fetching the digits…') : nothing}</p>`}
    ${refusal && html`<div class="refused" role="alert">${refusalWords(app, refusal)}</div>`}
  `
}

/** The first layer's kernels, each beside its start. @param {App} app @param {Training} training
 * @param {number} open the kernel whose numbers are read @param {(kernel: number) => void} choose */
export function growing({ t, root }, { state }, open, choose) {
  const { numbers, standing, told } = state
  if (!numbers || !standing || !told) return nothing
  const theme = root.dataset.theme === 'dark' ? 'dark' : 'light'
  const most = largest(numbers)
  const [now, start] = [kernels(numbers.now), kernels(numbers.start)]
  const cells = (/** @type {Float32Array} */ values) => painted({ values, height: 5, width: 5, most, tone: 'signed', theme })
  return html`
    <h2>${t('The first kernels, from random numbers')}</h2>
    <div class="kernels">
      ${now.map((values, i) => {
        const moved = `${Math.round(100 * standing.moved[i])} %`
        return html`
          <button class="quiet" aria-pressed=${i === open} title=${t('Read the numbers of kernel {n}', { n: i + 1 })} @click=${() => choose(i === open ? -1 : i)}>
            <canvas class="was" ${cells(start[i])}></canvas><canvas class="now" ${cells(values)}></canvas>
            <span>${t('{n}: moved {moved}', { n: i + 1, moved })}</span>
          </button>
        `
      })}
    </div>
    <p class="ends"><span>${short(-most)}</span><i aria-hidden="true"></i><span>${short(most)}</span> <small>${t('small: at the start; large: now. How far it moved, beside its length at the start.')}</small></p>
    ${open in now ? readNumbers(t, open, now[open]) : nothing}
  `
}

/** @param {import('../../types').Say} t @param {number} kernel @param {Float32Array} taps */
function readNumbers(t, kernel, taps) {
  const words = tight([...taps])
  return html`
    <table class="taps">
      <caption>${t('Kernel {n}, now', { n: kernel + 1 })}</caption>
      <tbody>${[0, 5, 10, 15, 20].map((row) => html`<tr>${words.slice(row, row + 5).map((word) => html`<td>${word}</td>`)}</tr>`)}</tbody>
    </table>
  `
}

/** @type {WeakMap<Float32Array, Float32Array[]>} */
const cut = new WeakMap()

/** @param {Float32Array} all */
function kernels(all) {
  if (!cut.has(all)) cut.set(all, Array.from({ length: all.length / TAPS }, (_, i) => all.subarray(TAPS * i, TAPS * (i + 1))))
  return /** @type {Float32Array[]} */ (cut.get(all))
}

/** @param {import('./training.mjs').Numbers} numbers */
const largest = ({ now, start }) => Math.max(...now.map(Math.abs), ...start.map(Math.abs))

/** Loss and right answers, step by step. @param {App} app @param {Training} training */
export function curves({ t }, { state }) {
  const { points, standing } = state
  if (!standing) return nothing
  const losses = points.flatMap(({ learned, held }) => [learned.loss, held.loss]).filter(Number.isFinite)
  return html`
    <div class="curves">
      ${curve(t, t('Loss'), points, Math.max(...losses, 1e-9), ({ loss }) => loss, ({ loss }) => short(loss))}
      ${curve(t, t('Told right'), points, 1, (part) => part.right / part.pictures, (part) => t('{right} of {all}', { right: count(part.right), all: count(part.pictures) }))}
    </div>
  `
}

/** @param {import('../../types').Say} t @param {string} title @param {Standing[]} points @param {number} high
 * @param {(part: Judgement) => number} value @param {(part: Judgement) => string} say */
function curve(t, title, points, high, value, say) {
  const last = /** @type {Standing} */ (points.at(-1))
  const top = high === 1 ? '100 %' : short(high)
  return html`
    <figure>
      <figcaption>
        <b>${title}</b> <span class="key learned">${t('learned from: {value}', { value: say(last.learned) })}</span> <span class="key held">${t('held out: {value}', { value: say(last.held) })}</span>
      </figcaption>
      <div class="plot">
        <span class="high">${top}</span><span class="low">0</span>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          ${[25, 50, 75].map((y) => svg`<path class="rule" d="M0 ${y}H100" />`)}
          <polyline class="learned" points=${line(points, ({ learned }) => value(learned), high)} />
          <polyline class="held" points=${line(points, ({ held }) => value(held), high)} />
        </svg>
        <span class="last">${t('step {step}', { step: count(last.step) })}</span>
      </div>
    </figure>
  `
}
