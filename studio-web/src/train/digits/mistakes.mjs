import { html, nothing } from 'lit-html'
import { answerWords, countsOf, digitButton } from './controls.mjs'
import { percent } from './reading.mjs'

/** @typedef {import('../../types').App} App @typedef {ReturnType<typeof import('./training.mjs').createTraining>} Training
 * @typedef {ReturnType<typeof import('./subject.mjs').createSubject>} Subject
 * @typedef {{ table: number[][], mistaken: { digit: number, answer: number, share: number }[], wrong: number, count: number, pictures: Uint8Array }} Confusion */

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

/** Which of the held-out digits are mistaken for which. @param {App} app @param {Training} training @param {Subject} subject */
export function createMistakes(app, training, subject) {
  const { t } = app
  /** @type {Confusion | null} */
  let found = null
  let isOpen = false
  let isAsking = false

  const ask = async () => {
    if (!isOpen || isAsking) return
    isAsking = true
    try {
      const { facts, bytes } = await training.ask('digits.confusion', {})
      found = { ...facts, pictures: bytes[0] }
      app.store.change('train', {})
    } catch (error) {
      app.refuse(error)
    } finally {
      isAsking = false
    }
  }
  const turned = (/** @type {Event} */ event) => {
    isOpen = /** @type {HTMLDetailsElement} */ (event.target).open
    void ask()
  }

  return {
    ask,
    view: () => html`
      <details class="mistakes" @toggle=${turned}>
        <summary>${t('Which digits are mistaken')}</summary>
        ${found ? [table(t, found), pictures(found)] : nothing}
      </details>
    `,
  }

  /** @param {Confusion} confusion */
  function pictures({ mistaken, pictures: counts, wrong }) {
    return html`
      <p class="how">${t('{wrong} are mistaken; the surest first:', { wrong })}</p>
      <ul class="digits">
        ${mistaken.map(({ digit, answer, share }, i) => html`<li>${digitButton(countsOf(counts, i), { label: `${answerWords(t, digit, answer)}, ${percent(share)}`, isWrong: true, says: `${digit} → ${answer}`, look: () => subject.look(countsOf(counts, i), digit) })}</li>`)}
      </ul>
    `
  }
}

/** @param {import('../../types').Say} t @param {Confusion} confusion */
const table = (t, { table: rows }) => html`
  <div class="confusion">
    <table>
      <caption>${t('A row is what it is, a column what it is taken for.')}</caption>
      <thead><tr><td></td>${DIGITS.map((digit) => html`<th scope="col">${digit}</th>`)}</tr></thead>
      <tbody>
        ${rows.map((row, digit) => html`<tr><th scope="row">${digit}</th>${row.map((n, answer) => html`<td class=${n === 0 ? 'none' : digit === answer ? 'right' : 'wrong'}>${n}</td>`)}</tr>`)}
      </tbody>
    </table>
  </div>
`
