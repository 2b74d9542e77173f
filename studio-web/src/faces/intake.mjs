import { html, nothing } from 'lit-html'
import { refusalWords } from '../app/refusal.mjs'

/** @typedef {import('../types').App} App @typedef {import('./context').FaceContext} FaceContext */

/** Python's way out of it is an argument of Python; here the field says what to write. */
const WITHOUT_CONSENT = 'gallery-consent'

/** A file field that looks like a button.
 * @param {FaceContext} context @param {string} label */
export function fileButton({ take }, label) {
  const taken = (/** @type {Event} */ event) => {
    const field = /** @type {HTMLInputElement} */ (event.target)
    const file = field.files?.[0]
    if (file) take(file, file.name)
    field.value = ''
  }
  return html`<label class="file"><input class="unseen" type="file" accept="image/*" @change=${taken} /><span>${label}</span></label>`
}

/** What a first visit sees. @param {FaceContext} context */
export function invitation(context) {
  const { app, slice } = context
  const { t } = app
  return html`
    <div class="invitation">
      <h2>${t('Who is this?')}</h2>
      <p>${t('Drop a photograph with faces here, paste one, or choose a file.')}</p>
      <p>${fileButton(context, t('Choose a photograph'))}</p>
      <p class="hint">${t('All of it stays on this machine. The photograph is held in memory and never written to disk. Only when you name a face are the name, your note of consent and 128 numbers kept, in a file of your own.')}</p>
      ${slice.busy === 'read' ? html`<p role="status">${t('Reading the photograph…')}</p>` : nothing}
      ${refusedAt(context, 'photograph')}
    </div>
  `
}

/** What was refused, where it belongs.
 * @param {FaceContext} context @param {'photograph' | 'name' | 'people'} place */
export function refusedAt({ app, slice }, place) {
  if (slice.refused?.at !== place) return nothing
  const { refusal } = slice.refused
  return html`<div class="refused" role="alert">${refusalWords(app, refusal.code === WITHOUT_CONSENT ? { ...refusal, ways: [] } : refusal)}</div>`
}

/** A question that is under way or was refused; nothing where its answer is here.
 * @param {FaceContext} context @param {import('../network/types').Task<any>} task @param {string} text of the wait @param {string} name of the question */
export function awaited({ app, session }, task, text, name) {
  const { t } = app
  const again = () => session.questions.forget()
  if (task.state === 'asking') return html`<div class="waiting" role="status"><p>${text}</p><button @click=${() => session.questions.cancel(name)}>${t('Stop waiting')}</button></div>`
  if (task.state === 'cancelled') return html`<div class="waiting"><p>${t('Not waited for any more.')}</p><button @click=${again}>${t('Try again')}</button></div>`
  if (task.refusal) return html`<div class="refused" role="alert">${refusalWords(app, task.refusal)}<button @click=${again}>${t('Try again')}</button></div>`
  return nothing
}
