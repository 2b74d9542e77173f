import { html } from 'lit-html'
import { ref } from 'lit-html/directives/ref.js'

/** @typedef {import('../types').App} App */

/** What opens takes the focus. @param {Element | undefined} el */
const takeFocus = (el) => el && queueMicrotask(() => /** @type {HTMLElement} */ (el).focus())

/** The keys, in a box that Escape closes.
 * @param {App} app @param {[string, string][]} rows */
export function help({ store, host, t }, rows) {
  const own = [
    ['1 2 3 …', 'open a tab'],
    ['L', 'English or Chinese'],
    ['?', 'show or hide this help'],
  ]
  return html`
    <section class="help" role=${host.kind === 'notebook' ? 'group' : 'region'} aria-label=${t('Keys')}>
      <h2>${t('Keys')}</h2>
      <dl>${[...rows, ...own].map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${t(what)}</dd>`)}</dl>
      <button ${ref(takeFocus)} @click=${() => store.change(null, { help: false })}>${t('Close')}</button>
    </section>
  `
}
