import { render } from 'lit-html'
import { Pictures } from '../convolution/pictures.mjs'
import { speaker } from '../core/words.mjs'
import { themeAround, watchSurroundings } from '../host/surroundings.mjs'
import { together } from '../host/together.mjs'
import { keepFocus } from './focus.mjs'
import { keyboard } from './keyboard.mjs'
import { fromLink, toLink } from './link.mjs'
import { recall } from './memory.mjs'
import { header, help, notices, THEMES } from './shell.mjs'
import { createStore } from './store.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').Tab} Tab */
/** @typedef {import('../types').MountedTab} MountedTab @typedef {import('../types').State} State */

/** The whole page: header, one panel a tab, status line. Gives what takes it down.
 * @param {HTMLElement} root @param {import('../types').Host} host @param {Tab[]} tabs @returns {() => void} */
export function createApp(root, host, tabs) {
  const store = createStore(startState(root, host, tabs))
  const isPage = host.kind !== 'notebook'
  const top = add(root, isPage ? 'header' : 'div', 'top')
  const main = add(root, isPage ? 'main' : 'div', 'tabs')
  const floating = add(root, 'div', 'floating')
  const status = add(root, 'p', 'status')
  status.setAttribute('role', 'status')
  status.setAttribute('aria-live', 'polite')

  /** @type {App} */
  const app = {
    id: isPage ? 'kaiyan' : `kaiyan-${Math.random().toString(36).slice(2)}`,
    root,
    host,
    store,
    pictures: new Pictures(() => tabs.flatMap(({ name }) => [store.state[name].picture, store.state[name].second])),
    t: (text, facts) => speaker(store.state.lang)(text, facts),
    words: (pair) => pair[store.state.lang],
    tell: (text) => {
      if (status.textContent !== text) status.textContent = text
    },
    refuse: (error) => store.change(null, { refusal: refusalOf(error) }),
    open: (tab, changes = {}) => {
      store.change(tab, changes)
      store.change(null, { tab })
    },
  }

  Object.assign(root, { kaiyan: app })

  /** @type {Map<string, { panel: HTMLElement, tab: MountedTab }>} */
  const mounted = new Map()
  /** @type {string | null} */
  let open = null
  const focusBefore = keepFocus(root)

  const panelOf = (/** @type {Tab} */ tab) => {
    let one = mounted.get(tab.name)
    if (!one) {
      const panel = add(main, 'div', `tab ${tab.name}`)
      panel.id = `${app.id}-panel-${tab.name}`
      panel.setAttribute('role', 'tabpanel')
      panel.setAttribute('aria-labelledby', `${app.id}-tab-${tab.name}`)
      one = { panel, tab: tab.mount(panel, app) }
      mounted.set(tab.name, one)
    }
    return one
  }

  const draw = (/** @type {State} */ state) => {
    const focus = focusBefore()
    root.classList.add('kaiyan')
    root.lang = state.lang === 'zh' ? 'zh-CN' : 'en'
    if (isPage) document.documentElement.lang = root.lang
    root.dataset.theme = state.theme === 'auto' ? themeAround(root) : state.theme
    render(header(app, tabs), top)
    for (const tab of tabs) {
      const seen = tab.name === state.tab
      if (!seen && !mounted.has(tab.name)) continue
      const { panel, tab: shown } = panelOf(tab)
      panel.hidden = !seen
      if (seen && open !== tab.name) shown.show()
      if (!seen && open === tab.name) shown.hide()
      if (seen) shown.draw(state)
    }
    open = state.tab
    render([help(app, mounted.get(state.tab)?.tab.help ?? []), notices(app)], floating)
    status.dataset.idle = app.t('Press ? for all keys')
    focus.after()
    writeLink(host, toLink(state, tabs))
  }

  store.subscribe(draw)
  const stopKnocking = host.onConnection?.((connection) => store.change(null, { connection }))
  const stopKeys = keyboard(app, tabs, () => mounted.get(store.state.tab)?.tab.keys ?? {})
  const followLink = () => {
    const link = location.hash.slice(1)
    if (link === toLink(store.state, tabs)) return
    store.change(null, { tab: tabs[0].name, ...fromLink(link, tabs) })
  }
  if (isPage) window.addEventListener('hashchange', followLink)
  draw(store.state)
  const stopSharing = isPage ? null : together(app)
  const stopWatching = watchSurroundings(() => store.change(null, {}))

  return () => {
    stopSharing?.()
    stopWatching()
    host.close?.()
    stopKnocking?.()
    stopKeys()
    window.removeEventListener('hashchange', followLink)
    for (const { tab } of mounted.values()) tab.destroy()
    store.close()
    app.pictures.drop()
    root.replaceChildren()
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

/** @param {unknown} error @returns {import('../types').Refusal} */
function refusalOf(error) {
  const known = /** @type {{ refusal?: import('../types').Refusal }} */ (error).refusal
  if (known) return known
  const text = error instanceof Error ? error.message : String(error)
  return { code: 'page-fails', words: { en: text, zh: text }, ways: [] }
}

/** @param {HTMLElement} parent @param {string} tag @param {string} name */
function add(parent, tag, name) {
  const child = document.createElement(tag)
  child.className = name
  parent.append(child)
  return child
}
