import { html, nothing } from 'lit-html'
import { keyed } from 'lit-html/directives/keyed.js'
import { awaited, refusedAt } from './intake.mjs'
import { answered } from './photograph.mjs'
import { scale } from './scale.mjs'

/** Who the face is, how sure that is, and its name if it has none. */

/** @typedef {import('./context').FaceContext} FaceContext @typedef {import('./types').Face} Face @typedef {import('./types').Recognition} Recognition @typedef {import('./types').Who} Who */

/** @param {FaceContext} context */
export function answerView(context) {
  const { app, face, photo, who } = context
  const { t } = app
  if (!face || !photo || !who) return nothing
  const known = who.value?.faces[face.index]
  return html`
    <section aria-label=${t('Who is face {n}?', { n: face.index + 1 })}>
      <h2>${t('Who is face {n}?', { n: face.index + 1 })}</h2>
      ${awaited(context, who, t('Comparing with the people who are kept…'), `who ${photo.id}`)}
      ${known && who.value ? told(context, known, who.value) : nothing}
      ${keyed(face.key, naming(context, face))}
    </section>
  `
}

/** @param {FaceContext} context @param {Recognition} known @param {Who} who */
function told(context, known, who) {
  const { app } = context
  const { t } = app
  const marks = [
    { at: known.distance, label: known.nearest },
    { at: known.runner_up_distance, label: known.runner_up },
  ].flatMap(({ at, label }) => (at === null || label === null ? [] : [{ at, label }]))
  return html`
    <p class="answer" data-answer=${known.answer}>${answered(context, known)}</p>
    <p>${app.words(known.reason)}</p>
    ${marks.length ? scale(t, who, marks) : nothing}
    ${known.distance === null ? nothing : who.notes.map((note) => html`<p class="hint">${app.words(note)}</p>`)}
  `
}

/** @param {FaceContext} context @param {Face} face */
function naming(context, face) {
  const { app, slice, people } = context
  const { t } = app
  const submitted = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const form = /** @type {HTMLFormElement} */ (event.target)
    const given = new FormData(form)
    if (await context.name(face, String(given.get('name')), String(given.get('consent')))) form.reset()
  }
  return html`
    <form class="naming" @submit=${submitted}>
      <h3>${t('Keep this face under a name')}</h3>
      <label><span>${t('Name')}</span><input name="name" required maxlength="200" autocomplete="off" spellcheck="false" list="${app.id}-people" /></label>
      <datalist id="${app.id}-people">${(people?.value?.people ?? []).map(({ name }) => html`<option value=${name}></option>`)}</datalist>
      <label><span>${t('How the person agreed')}</span><input name="consent" maxlength="500" autocomplete="off" placeholder=${t('asked on Friday, said yes')} aria-describedby="${app.id}-consent" /></label>
      <p class="hint" id="${app.id}-consent">${t('A new person needs this note: 128 numbers of a face are biometric data.')}</p>
      <button ?disabled=${slice.busy === 'add'}>${t('Keep')}</button>
      ${refusedAt(context, 'name')}
    </form>
  `
}
