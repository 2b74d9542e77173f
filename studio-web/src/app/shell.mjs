import { html, nothing } from 'lit-html'
import { say } from '../core/sentence.mjs'
import { remember } from './memory.mjs'
import { refusalWords } from './refusal.mjs'

/** @typedef {import('../types').App} App */

export const THEMES = { auto: 'Auto', light: 'Light', dark: 'Dark' }

const MARK = html`
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <path fill="var(--middle)" d="M4 4h24v24H4z" />
    <path fill="var(--minus)" d="M4 4h8v24H4z" />
    <path fill="var(--plus)" d="M20 4h8v24h-8z" />
    <path fill="none" stroke="var(--window)" stroke-width="3" d="M3.5 3.5h25v25h-25z" />
  </svg>
`

const NAME = html`${MARK} Kaiyan <span lang="zh">开眼</span>`

/** Name, tabs, language, theme, help.
 * @param {App} app @param {import('../types').Tab[]} tabs @param {(tab: string) => void} expect a tab that a hand is on */
export function header(app, tabs, expect) {
  const { store, t } = app
  const { tab: open, lang, theme } = store.state
  return html`
    ${app.host.kind === 'notebook' ? html`<p class="name">${NAME}</p>` : html`<h1 class="name">${NAME}</h1>`}
    <nav role="tablist" aria-label=${t('Views')} @keydown=${(/** @type {KeyboardEvent} */ event) => along(event, app, tabs)}>
      ${tabs.map(
        ({ name, title }) => html`
          <button
            role="tab"
            id="${app.id}-tab-${name}"
            aria-controls=${name === open ? `${app.id}-panel-${name}` : nothing}
            aria-selected=${name === open}
            tabindex=${name === open ? 0 : -1}
            @pointerenter=${() => expect(name)}
            @click=${() => store.change(null, { tab: name })}
          >
            ${t(title)}
          </button>
        `,
      )}
    </nav>
    <div class="switches">
      <button lang=${lang === 'en' ? 'zh-CN' : 'en'} @click=${() => turn(app)}>
        ${lang === 'en' ? '中文' : 'English'}
      </button>
      <select
        aria-label=${t('Theme')}
        @change=${(/** @type {Event} */ event) => wear(app, /** @type {HTMLSelectElement} */ (event.target).value)}
      >
        ${Object.entries(THEMES).map(([name, word]) => html`<option value=${name} ?selected=${name === theme}>${t(word)}</option>`)}
      </select>
      <button aria-expanded=${store.state.help} @click=${() => store.change(null, { help: !store.state.help })}>
        ${t('Help')}
      </button>
    </div>
  `
}

/** The other language, as soon as its words are here; this browser remembers it. @param {App} app */
export async function turn(app) {
  await app.speak(app.store.state.lang === 'en' ? 'zh' : 'en')
  keep(app)
}

/** @param {App} app @param {string} theme */
function wear(app, theme) {
  app.store.change(null, { theme })
  keep(app)
}

/** @param {App} app */
function keep({ host, store }) {
  if (host.kind !== 'notebook') remember('kaiyan', { lang: store.state.lang, theme: store.state.theme })
}

/** Arrow keys move between the tabs, as in every tab list.
 * @param {KeyboardEvent} event @param {App} app @param {import('../types').Tab[]} tabs */
function along(event, app, tabs) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!step) return
  event.preventDefault()
  event.stopPropagation()
  const at = tabs.findIndex(({ name }) => name === app.store.state.tab)
  const { name } = tabs[(at + step + tabs.length) % tabs.length]
  app.store.change(null, { tab: name })
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (app.root.querySelector(`#${app.id}-tab-${name}`))?.focus())
}

/** What went wrong, with ways out.
 * @param {App} app */
export function notices(app) {
  const { refusal, connection } = app.store.state
  if (connection) return away(app, connection)
  if (!refusal) return nothing
  return html`
    <div class="notice" role="alert">
      ${refusalWords(app, refusal)}
      <button @click=${() => app.store.change(null, { refusal: null })}>${app.t('Close')}</button>
    </div>
  `
}

/** What is said while nobody answers, and what may be done; it goes by itself. */
const AWAY = {
  lost: [
    say('kaiyan studio does not respond. This page continues as soon as it does.'),
    say('Was its terminal closed? Run kaiyan studio again and open the address that it prints.'),
  ],
  busy: [
    say('Python has not responded for 10 s. This page continues as soon as it does.'),
    say('Is a cell running? Python answers when it has finished.'),
  ],
  gone: [say('The notebook’s kernel has ended or was restarted.'), say('Run the cell again.')],
}

/** @param {App} app @param {'lost' | 'busy' | 'gone'} connection */
function away({ t }, connection) {
  const [sentence, way] = AWAY[connection]
  return html`
    <div class="notice" role="alert" data-connection=${connection}>
      <p>${t(sentence)}</p>
      <p class="way">${t(way)}</p>
    </div>
  `
}
