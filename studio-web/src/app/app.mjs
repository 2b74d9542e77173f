import { nothing, render } from 'lit-html'
import { Pictures } from '../convolution/pictures.mjs'
import { speaker } from '../core/words.mjs'
import { refusalOf } from '../host/refusal.mjs'
import { themeAround, watchSurroundings } from '../host/surroundings.mjs'
import { add } from './add.mjs'
import { bringing } from './bring.mjs'
import { keepFocus } from './focus.mjs'
import { keyboard } from './keyboard.mjs'
import { fromLink, readLinks, toLink } from './link.mjs'
import { recall } from './memory.mjs'
import { later } from './later.mjs'
import { createPanels } from './panels.mjs'
import { header, notices, THEMES } from './shell.mjs'
import { createSpeech } from './speech.mjs'
import { createStore } from './store.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').Tab} Tab */
/** @typedef {import('../types').State} State */

/** The whole page: header, one panel a tab, status line. Gives what takes it down.
 * @param {HTMLElement} root @param {import('../types').Host} host @param {Tab[]} tabs @returns {() => void} */
export function createApp(root, host, tabs) {
  const store = createStore(startState(root, host, tabs))
  const isPage = host.kind !== 'notebook'
  const top = add(root, isPage ? 'header' : 'div', 'top')
  const main = add(root, isPage ? 'main' : 'div', 'tabs')
  const floating = add(root, 'div', 'floating')
  const bring = bringing(host)
  const speech = createSpeech(bring)
  const pictures = new Pictures(() => tabs.flatMap(({ name }) => [store.state[name].picture, store.state[name].second]))
  const app = appOf({ root, host, store, pictures, bring }, speech)
  Object.assign(root, { kaiyan: app })
  const panels = createPanels(app, main, tabs)
  const focusBefore = keepFocus(root)
  const keys = later(app, () => import('./help.mjs'))

  const draw = (/** @type {State} */ state) => {
    if (!speech.knows(state.lang)) return
    const focus = focusBefore()
    root.classList.add('kaiyan')
    root.lang = state.lang === 'zh' ? 'zh-CN' : 'en'
    if (isPage) document.documentElement.lang = root.lang
    root.dataset.theme = state.theme === 'auto' ? themeAround(root) : state.theme
    render(header(app, tabs, panels.expect), top)
    panels.draw(state)
    const help = state.help ? (keys.now()?.help(app, panels.shown()?.help ?? []) ?? keys.view()) : nothing
    render([help, notices(app)], floating)
    root.querySelector(':scope > .status')?.setAttribute('data-idle', app.t('Press ? for all keys'))
    focus.after()
    writeLink(host, toLink(state, tabs))
  }

  store.subscribe(draw)
  const stopKnocking = host.onConnection?.((connection) => store.change(null, { connection }))
  const stopKeys = keyboard(app, tabs, () => panels.shown()?.keys ?? {})
  const followLink = () => {
    const link = location.hash.slice(1)
    if (link === toLink(store.state, tabs)) return
    store.change(null, { tab: tabs[0].name, ...fromLink(link, tabs) })
    readLinks(app, tabs)
  }
  if (isPage) window.addEventListener('hashchange', followLink)
  const stopSharing = host.join?.(app)
  const stopWatching = watchSurroundings(() => store.change(null, {}))
  readLinks(app, tabs)
  app.hear('page').then(
    () => draw(store.state),
    (error) => store.change(null, { lang: 'en', refusal: refusalOf(error) }),
  )

  return () => {
    stopSharing?.()
    stopWatching()
    host.close?.()
    stopKnocking?.()
    stopKeys()
    window.removeEventListener('hashchange', followLink)
    panels.destroy()
    store.close()
    app.pictures.drop()
    root.replaceChildren()
  }
}

/** What the parts of the page do with the whole.
 * @param {Pick<App, 'root' | 'host' | 'store' | 'pictures' | 'bring'>} whole @param {ReturnType<typeof createSpeech>} speech
 * @returns {App} */
function appOf(whole, speech) {
  const { root, host, store } = whole
  const status = add(root, 'p', 'status')
  status.setAttribute('role', 'status')
  status.setAttribute('aria-live', 'polite')
  const refuse = (/** @type {unknown} */ error) => store.change(null, { refusal: refusalOf(error) })
  return {
    ...whole,
    id: host.kind === 'notebook' ? `kaiyan-${Math.random().toString(36).slice(2)}` : 'kaiyan',
    t: (text, facts) => speaker(store.state.lang)(text, facts),
    words: (pair) => pair[store.state.lang],
    tell: (text) => {
      if (status.textContent !== text) status.textContent = text
    },
    refuse,
    open: (tab, changes = {}) => {
      store.change(tab, changes)
      store.change(null, { tab })
    },
    hear(room) {
      speech.add(room)
      return speech.learned(store.state.lang)
    },
    speak: (lang) => speech.learned(lang).then(() => store.change(null, { lang }), refuse),
  }
}

/** Below this width the recipe is a sheet from below, closed at first. */
const NARROW = 720

/** @param {HTMLElement} root @param {import('../types').Host} host @param {Tab[]} tabs @returns {State} */
function startState(root, host, tabs) {
  const { boot } = host
  const link = host.kind === 'notebook' ? '' : location.hash
  const remembered = memory(host)
  const asked = { ...(boot.lang ? { lang: boot.lang } : {}), ...(boot.theme ? { theme: boot.theme } : {}) }
  return {
    tab: boot.tab ?? tabs[0].name,
    lang: navigator.language.startsWith('zh') ? 'zh' : 'en',
    theme: 'auto',
    ...(isReloaded() ? { ...asked, ...remembered } : { ...remembered, ...asked }),
    help: false,
    folded: { recipe: root.clientWidth < NARROW },
    refusal: null,
    ...fromLink(link || (boot.link ?? ''), tabs),
  }
}

/** Whether what the visitor chose since is to stay; a page that is opened is as the command line says. */
const isReloaded = () => /** @type {any} */ (performance.getEntriesByType('navigation')[0])?.type === 'reload'

/** What a visitor chose before on this page: language and theme.
 * @param {import('../types').Host} host @returns {{ lang?: 'en' | 'zh', theme?: 'auto' | 'light' | 'dark' }} */
function memory(host) {
  if (host.kind === 'notebook') return {}
  const { lang, theme } = /** @type {any} */ (recall('kaiyan') ?? {})
  return { ...(['en', 'zh'].includes(lang) ? { lang } : {}), ...(Object.hasOwn(THEMES, String(theme)) ? { theme } : {}) }
}

/** @param {import('../types').Host} host @param {string} link */
function writeLink(host, link) {
  if (host.kind === 'notebook' || link === location.hash.slice(1)) return
  history.replaceState(null, '', link ? `#${link}` : location.pathname + location.search)
}
