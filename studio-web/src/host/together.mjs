import { fromPython, placeFromPython, toPython, windowOf } from '../convolution/shared.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').Shared} Shared */

/** Milliseconds between two tellings, while the window slides or a number is dragged. */
const PACE = 200

/** Keeps a notebook's Python and the page alike: what is set there is shown, what is chosen here is told. The page has
 * the last word: what it makes of a value is told back. Gives what ends it.
 * @param {App} app */
export function together(app) {
  const { host, store } = app
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting
  /** @type {unknown[]} */
  let told = []
  let isTelling = false

  const listen = () => {
    if (isTelling) return
    const shared = /** @type {Shared} */ (host.shared?.())
    const { tab, lang, theme, height } = shared
    store.change(null, { tab, theme })
    if (lang) void app.speak(lang)
    store.change('convolution', fromPython(shared, store.state.convolution))
    store.change('convolution', placeFromPython(app.pictures, shared.window, store.state.convolution))
    app.root.style.height = height ? `${height}px` : ''
  }

  const tell = () => {
    waiting = undefined
    const { tab, lang, theme, convolution } = store.state
    const before = /** @type {Shared} */ (host.shared?.())
    const all = [tab, lang, theme, convolution.conv, convolution.weight, convolution.bias]
    const shared = all.every((value, i) => value === told[i]) ? null : { tab, lang, theme, height: before.height, ...toPython(convolution) }
    const window = windowOf(app.pictures, convolution)
    const moved = window && JSON.stringify(window) !== JSON.stringify(before.window) ? window : null
    told = all
    if (!shared && !moved) return
    isTelling = true
    host.share?.(shared, moved)
    isTelling = false
  }

  listen()
  const stopListening = host.onShare?.(listen)
  const stopTelling = store.subscribe(() => {
    waiting ??= setTimeout(tell, PACE)
  })
  return () => {
    clearTimeout(waiting)
    stopListening?.()
    stopTelling()
  }
}
