import { html, nothing } from 'lit-html'
import { refusalWords } from '../app/refusal.mjs'
import { DRAWN, PHOTOGRAPH, pictureCalled } from './pictures.mjs'

/** Choosing a network and a picture. */

/** @typedef {import('../types').App} App @typedef {import('../types').Words} Words @typedef {import('./types').Slice} Slice */
/** @typedef {import('./session.mjs').Seen} Seen */

/** @param {App} app @param {Seen} seen @param {(name: string) => void} open */
export function networkChooser(app, { listed, name, network }, open) {
  const { t } = app
  const known = listed.value ?? []
  const chosen = known.find((each) => each.name === name)
  const card = network?.card ?? chosen?.card ?? []
  return html`
    <label class="field">
      <span>${t('Network')}</span>
      <select ?disabled=${!known.length} @change=${(/** @type {Event} */ event) => open(valueOf(event))}>
        ${known.map((each) => html`<option value=${each.name} ?selected=${each.name === name}>${app.words(each.title)}</option>`)}
        ${name && !chosen ? html`<option value=${name} selected>${name}</option>` : nothing}
      </select>
    </label>
    ${chosen?.needs ? html`<p class="hint">${t('To open it:')} <code>${app.words(chosen.needs)}</code></p>` : nothing}
    ${card.length ? cardView(app, card, network?.input.normalised) : nothing}
    ${zooForm(app, open)}
  `
}

/** @param {App} app @param {Words[]} card @param {Words | undefined} normalised */
function cardView(app, card, normalised) {
  return html`
    <details class="card">
      <summary>${app.t('Model card')}</summary>
      ${card.map((line) => html`<p>${app.words(line)}</p>`)}
      ${normalised ? html`<p><small>${app.t('Input')}</small> ${app.words(normalised)}</p>` : nothing}
    </details>
  `
}

/** Any network of a zoo, by its name.
 * @param {App} app @param {(name: string) => void} open */
function zooForm(app, open) {
  const { t } = app
  const submitted = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const name = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('zoo') ?? '').trim()
    if (name) open(name)
  }
  return html`
    <details class="card">
      <summary>${t('Another network')}</summary>
      <form @submit=${submitted}>
        <label class="field">
          <span>${t('from torchvision or timm, by name')}</span>
          <input name="zoo" placeholder="torchvision:resnet18" spellcheck="false" autocomplete="off" />
        </label>
        <button>${t('Open')}</button>
      </form>
      <p class="hint">${t('Your own:')} <code>kaiyan studio --model file.py:factory</code></p>
    </details>
  `
}

/** @param {App} app @param {Slice} slice @param {'picture' | 'second'} which
 * @param {{ choose: (name: string) => void, file: (file: Blob, title: string) => void, error: import('../types').Refusal | null }} on */
export function pictureChooser(app, slice, which, { choose, file, error }) {
  const { t } = app
  const taken = (/** @type {FileList | null | undefined} */ files) => {
    if (files?.[0]) file(files[0], files[0].name)
  }
  const dropped = (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    over(event, false)
    taken(event.dataTransfer?.files)
  }
  const name = slice[which]
  const own = name && name !== PHOTOGRAPH && !DRAWN.some((each) => each.name === name) ? pictureCalled(app, name) : null
  const title = which === 'picture' ? t('Picture') : t('Second picture')
  return html`
    <div class="drop" @dragover=${(/** @type {DragEvent} */ event) => over(event, true)} @dragleave=${(/** @type {DragEvent} */ event) => over(event, false)} @drop=${dropped}>
      <label class="field">
        <span>${title}</span>
        <select @change=${(/** @type {Event} */ event) => choose(valueOf(event))}>
          ${name ? nothing : html`<option selected disabled>${t('none yet')}</option>`}
          ${own ? html`<option value=${own.name} selected>${own.title}</option>` : nothing}
          <option value=${PHOTOGRAPH} ?selected=${name === PHOTOGRAPH}>${t('the photograph')}</option>
          ${DRAWN.map((each) => html`<option value=${each.name} ?selected=${name === each.name}>${t(each.title)}</option>`)}
        </select>
      </label>
      <p class="hint">
        <label class="file">
          <input class="unseen" type="file" accept="image/*" aria-label=${t('Choose a file')} @change=${(/** @type {Event} */ event) => taken(/** @type {HTMLInputElement} */ (event.target).files)} />
          <span>${t('Your own…')}</span>
        </label>
        ${t('or drop or paste one here')}
      </p>
      ${error ? refusalView(app, error) : nothing}
    </div>
  `
}

/** @param {DragEvent} event @param {boolean} is */
function over(event, is) {
  event.preventDefault()
  const drop = /** @type {HTMLElement} */ (event.currentTarget)
  drop.classList.toggle('over', is)
}

/** A refusal where the thing is.
 * @param {App} app @param {import('../types').Refusal} refusal @param {(() => void) | null} [again] */
export function refusalView(app, refusal, again = null) {
  return html`
    <div class="refused" role="alert">
      ${refusalWords(app, refusal)}
      ${again ? html`<button @click=${again}>${app.t('Try again')}</button>` : nothing}
    </div>
  `
}

/** What is waited for, with a way to stop it.
 * @param {App} app @param {string} text @param {() => void} cancel */
export const waiting = (app, text, cancel) => html`
  <div class="waiting" role="status">
    <canvas class="preview" aria-hidden="true"></canvas>
    <p>${text}</p>
    <button @click=${cancel}>${app.t('Cancel')}</button>
  </div>
`

/** @param {Event} event */
const valueOf = (event) => /** @type {HTMLSelectElement} */ (event.target).value
