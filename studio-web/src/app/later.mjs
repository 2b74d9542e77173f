import { html, nothing } from 'lit-html'
import { refusalOf } from '../host/refusal.mjs'
import { refusalWords } from './refusal.mjs'

/** @typedef {import('../types').App} App */

/** Milliseconds after which a wait is told. */
const PATIENCE = 300

/** A part of the page that is brought when it is first asked for, with the words that it says; the page is drawn anew
 * when it is here, and when the wait is told.
 * @template T @param {App} app @param {() => Promise<T>} part @param {...import('./speech.mjs').Room} rooms whose words it says */
export function later(app, part, ...rooms) {
  /** @type {T | null} */
  let here = null
  /** @type {'unasked' | 'asked' | 'late' | 'here' | 'refused'} */
  let state = 'unasked'
  /** @type {import('../types').Refusal | null} */
  let refusal = null

  const turn = (/** @type {typeof state} */ next) => {
    state = next
    app.store.change(null, {})
  }

  const ask = async () => {
    state = 'asked'
    const telling = setTimeout(() => turn('late'), PATIENCE)
    try {
      const [brought] = await Promise.all([app.bring(part), ...rooms.map(app.hear)])
      here = brought
      turn('here')
    } catch (error) {
      refusal = refusalOf(error)
      turn('refused')
    } finally {
      clearTimeout(telling)
    }
  }

  return {
    ask: () => void (state === 'unasked' && ask()),
    /** What it is; null until it is here. */
    now() {
      if (state === 'unasked') void ask()
      return here
    },
    /** Whether there is something to tell in its place. */
    isTold: () => state === 'late' || state === 'refused',
    /** What is seen in its place: nothing for a moment, then that it is fetched, or why it is not. */
    view() {
      if (state === 'late') return html`<p class="coming">${app.t('This part of the page is being fetched…')}</p>`
      if (state !== 'refused' || !refusal) return nothing
      return html`
        <div class="coming" role="alert">
          ${refusalWords(app, refusal)}
          <button @click=${ask}>${app.t('Try again')}</button>
        </div>
      `
    },
  }
}
