import { html, nothing } from 'lit-html'
import { awaited, refusedAt } from './intake.mjs'

/** Who is kept, and what the networks are. */

/** @typedef {import('./context').FaceContext} FaceContext @typedef {import('./types').Person} Person */

/** @param {FaceContext} context */
export function peopleView(context) {
  const { app, people, save, slice } = context
  const { t } = app
  if (!people) return nothing
  const known = people.value?.people ?? []
  return html`
    <section aria-label=${t('People who are kept')}>
      <h2>${t('People who are kept')}</h2>
      ${awaited(context, people, t('Reading the gallery…'), 'people')}
      ${people.value && !known.length ? html`<p class="hint">${t('Nobody yet.')}</p>` : nothing}
      <ul class="people">${known.map((person) => row(context, person))}</ul>
      ${known.length
        ? html`
            <p><button ?disabled=${slice.busy === 'export'} @click=${save}>${t('Export as JSON')}</button></p>
            <p class="hint">${t('kept in')} <code>${people.value?.path}</code></p>
          `
        : nothing}
      ${refusedAt(context, 'people')}
    </section>
  `
}

/** @param {FaceContext} context @param {Person} person */
function row({ app, slice, change, remove }, { name, photographs, consent, time }) {
  const { t } = app
  const removing = slice.removing === name
  return html`
    <li>
      <p><b>${name}</b> <small>${photographs === 1 ? t('one photograph') : t('{n} photographs', { n: photographs })}${t(', ')}${time.slice(0, 10)}</small></p>
      <p class="hint">${consent}</p>
      ${removing
        ? html`<p>${t('Remove {name} for good?', { name })}
            <button class="sure" @click=${() => remove(name)}>${t('Yes, remove')}</button>
            <button class="quiet" @click=${() => change({ removing: null })}>${t('Do not remove')}</button></p>`
        : html`<button class="quiet remove" aria-label=${t('Remove {name}', { name })} @click=${() => change({ removing: name })}>${t('Remove')}</button>`}
    </li>
  `
}

/** @param {FaceContext} context */
export function cardView(context) {
  const { app, session, change, slice } = context
  const { t } = app
  const opened = (/** @type {Event} */ event) => {
    if (/** @type {HTMLDetailsElement} */ (event.target).open) change({ card: true })
  }
  const card = slice.card ? session.card() : null
  return html`
    <details class="card" @toggle=${opened}>
      <summary>${t('Model card: what these networks are, and what they cannot do')}</summary>
      ${card ? awaited(context, card, t('Reading the card…'), 'card') : nothing}
      <dl>${(card?.value ?? []).map(([head, text]) => html`${app.words(head) ? html`<dt>${app.words(head)}</dt>` : nothing}<dd>${app.words(text)}</dd>`)}</dl>
    </details>
  `
}
