import { nothing, render } from 'lit-html'
import { add } from './add.mjs'
import { later } from './later.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').Tab} Tab @typedef {import('../types').MountedTab} MountedTab */
/** @typedef {ReturnType<typeof createPanel>} Panel */

/** One panel a tab, made when it is first opened. While a tab is fetched the panel before it stays, until the wait is
 * long enough to be told.
 * @param {App} app @param {HTMLElement} main @param {Tab[]} tabs */
export function createPanels(app, main, tabs) {
  /** @type {Map<string, Panel>} */
  const panels = new Map(tabs.map((tab) => [tab.name, createPanel(app, main, tab)]))
  /** @type {Panel | null} */
  let open = null
  const asked = () => /** @type {Panel} */ (panels.get(app.store.state.tab))

  return {
    /** @param {import('../types').State} state */
    draw(state) {
      const panel = asked()
      if (!panel.isReady() && open) return
      if (open !== panel) open?.hide()
      panel.draw(state, open !== panel)
      open = panel
    },
    /** Fetches a tab that is about to be opened. @param {string} name */
    expect: (name) => panels.get(name)?.expect(),
    /** Of the open tab, where it is here. @returns {MountedTab | null} */
    shown: () => asked().mounted(),
    destroy: () => panels.forEach((panel) => panel.mounted()?.destroy()),
  }
}

/** @param {App} app @param {HTMLElement} main @param {Tab} tab */
function createPanel(app, main, tab) {
  const { name, load, mount } = tab
  const fetched = load && later(app, async () => (await Promise.all([load(), app.host.sheet?.(name)]))[0], name, 'core')
  /** @type {HTMLElement | null} */
  let el = null
  /** @type {MountedTab | null} */
  let mounted = null

  const element = () => {
    if (el) return el
    el = add(main, 'div', `tab ${name}`)
    el.id = `${app.id}-panel-${name}`
    el.setAttribute('role', 'tabpanel')
    el.setAttribute('aria-labelledby', `${app.id}-tab-${name}`)
    return el
  }
  const mountIn = (/** @type {HTMLElement} */ panel) => {
    const put = mount ?? fetched?.now()?.mount
    if (!put) return null
    render(nothing, panel)
    return put(panel, app)
  }

  return {
    /** Whether there is something to see: the tab, or what is told in its place. */
    isReady: () => Boolean(mount ?? fetched?.now() ?? fetched?.isTold()),
    expect: () => fetched?.ask(),
    mounted: () => mounted,
    /** @param {import('../types').State} state @param {boolean} isNew whether another was seen before */
    draw(state, isNew) {
      const panel = element()
      panel.hidden = false
      const before = mounted
      mounted ??= mountIn(panel)
      if (!mounted) return render(fetched?.view(), panel)
      if (isNew || !before) mounted.show()
      mounted.draw(state)
    },
    hide() {
      if (el) el.hidden = true
      mounted?.hide()
    },
  }
}
