import { html, nothing } from 'lit-html'
import { EXAMPLES } from './examples.mjs'

/** @typedef {import('../types').App} App */

const LARGEST = 60_000

/** What is pasted, and troubles to begin with.
 * @param {App} app @param {any} slice
 * @param {{ write(text: string): void, run(): void, undo(): boolean, example(name: string): void }} on */
export function box(app, slice, on) {
  const { t } = app
  const typed = (/** @type {KeyboardEvent} */ event) => {
    const control = event.ctrlKey || event.metaKey
    if (control && event.key === 'Enter') on.run()
    else if (control && event.key.toLowerCase() === 'z' && !event.shiftKey && slice.mended && on.undo()) event.preventDefault()
  }
  const dropped = (/** @type {DragEvent} */ event) => {
    const file = event.dataTransfer?.files[0]
    if (!file) return
    event.preventDefault()
    read(file)
  }
  const read = async (/** @type {File | undefined} */ file) => {
    if (!file) return
    if (file.size > LARGEST) app.tell(t('This file is too long: paste only the model'))
    else on.write(await file.text())
  }
  return html`
    <h2><label for="${app.id}-fixit-text">${t('Your code or your error')}</label></h2>
    <textarea
      id="${app.id}-fixit-text" class="paste" spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" rows="16"
      maxlength=${LARGEST} aria-describedby="${app.id}-fixit-how" .value=${slice.text}
      @input=${(/** @type {any} */ { target }) => on.write(target.value)} @keydown=${typed} @drop=${dropped}></textarea>
    <p id="${app.id}-fixit-how" class="how">${t('Paste a model, a traceback, or both. The text is read, never run, and nothing leaves this machine.')}</p>
    <div class="acts">
      <button @click=${on.run} ?disabled=${slice.asking}>${t('Check')} <kbd>Ctrl ⏎</kbd></button>
      <label class="file"><span>${t('Open a file')}</span><input type="file" accept=".py,.txt,text/plain" @change=${(/** @type {any} */ { target }) => read(target.files[0])} /></label>
      ${slice.back.length ? html`<button @click=${on.undo}>${t('Undo the fix')} <kbd>U</kbd></button>` : nothing}
    </div>
    <h3>${t('Real errors')}</h3>
    <ul class="examples">
      ${EXAMPLES.map(
        ({ name, label, text }) => html`<li>
          <button class="quiet" aria-pressed=${slice.example === name && slice.text === text} @click=${() => on.example(name)}>${t(label)}</button>
        </li>`,
      )}
    </ul>`
}
