import { html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { formed, typed } from './typed.mjs'
import { refusalOf } from './model.mjs'
import { waysOut } from './ways.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice */

/** The layer as one line of code, what is wrong with it, and ways out that one click takes.
 * @param {import('../types').App} app @returns {(slice: Slice) => import('../types').View} */
export function recipeLine(app) {
  const { t, store } = app
  const [field, trouble] = [`${app.id}-recipe-line`, `${app.id}-recipe-problem`]
  const change = (/** @type {Partial<Slice>} */ changes) => store.change('convolution', changes)
  const now = () => /** @type {Slice} */ (store.state.convolution)
  const tidy = () => now().error === null && change(formed(now(), now().conv))
  return (slice) => {
    const problem = slice.error ?? refusalOf(app.pictures, slice)
    return html`
      <div class="line">
        <label class="unseen" for=${field}>${t('The layer in PyTorch')}</label>
        <textarea
          id=${field}
          rows="2"
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          aria-invalid=${problem ? 'true' : 'false'}
          aria-describedby=${problem ? trouble : nothing}
          .value=${live(slice.recipe)}
          @input=${(/** @type {InputEvent} */ event) => change(typed(now(), /** @type {HTMLTextAreaElement} */ (event.target).value))}
          @keydown=${(/** @type {KeyboardEvent} */ event) => {
            if (event.key !== 'Enter' || event.isComposing) return
            event.preventDefault()
            tidy()
          }}
          @change=${tidy}
        ></textarea>
        <div id=${trouble} class="problem" role="alert" ?hidden=${!problem}>
          ${problem ? [html`<p>${app.words(problem.error)}</p>`, waysOut(app, slice, problem)] : nothing}
        </div>
      </div>
    `
  }
}
