import { html } from 'lit-html'
import { spellings } from '../../core/code.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View */
/** @typedef {import('./explain.mjs').Model} Model */

/** The layer as each library writes it. @param {App} app @param {any} _slice @param {Model} model @returns {View} */
export function codes(app, _slice, { conv, input }) {
  return html`<section class="fact codes">
    <h2>${app.t('This layer in each library')}</h2>
    ${spellings(conv, input.shape).map(
      ({ library, lines, notes }, i) => html`<details ?open=${i === 0}>
        <summary>${library}</summary>
        ${lines.length ? code(app, library, lines) : ''} ${notes.map((words) => html`<p class="note">${app.words(words)}</p>`)}
      </details>`,
    )}
  </section>`
}

/** Lines of code with a button that copies them. @param {App} app @param {string} library @param {string[]} lines */
export function code(app, library, lines) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(lines.join('\n'))
      app.tell(app.t('Copied: {library}', { library }))
    } catch (error) {
      app.refuse(error)
    }
  }
  return html`<div class="code">
    <pre tabindex="0"><code>${lines.join('\n')}</code></pre>
    <button class="quiet" aria-label=${app.t('Copy the lines for {library}', { library })} @click=${copy}>${app.t('Copy')}</button>
  </div>`
}
