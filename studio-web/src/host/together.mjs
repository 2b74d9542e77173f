import { fromPython, toPython } from '../convolution/shared.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').Shared} Shared */

/** Milliseconds between two tellings of where the window is, while it slides. */
const PACE = 200

/** Keeps a notebook's Python and the page alike: what is set there is shown, what is chosen here is told. The page has
 * the last word: what it makes of a value is told back. Gives what ends it.
 * @param {App} app */
export function together(app) {
  const { host, store } = app
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting

  const listen = () => {
    const shared = /** @type {Shared} */ (host.shared?.())
    const { tab, lang, theme } = shared
    store.change(null, { tab, theme, ...(lang ? { lang } : {}) })
    const changes = fromPython(shared, store.state.convolution)
    if (changes) store.change('convolution', changes)
    size(app.root, shared.height)
  }

  const tell = () => {
    waiting = undefined
    const before = /** @type {Shared} */ (host.shared?.())
    const { window: place, ...now } = toPython(store.state, before)
    const isOther = !alike(now, before)
    const moved = !alike(place, before.window)
    if (isOther || moved) host.share?.(isOther ? now : null, moved ? place : null)
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

/** @param {HTMLElement} root @param {number | null} height */
function size(root, height) {
  root.style.height = height ? `${height}px` : ''
}

/** Whether all that one says, the other says too, bytes by their values.
 * @param {Record<string, any>} one @param {Record<string, any>} other */
const alike = (one, other) => Object.keys(one).every((key) => plain(one[key]) === plain(other[key]))

/** @param {unknown} value */
const plain = (value) => (value instanceof DataView ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).join() : JSON.stringify(value ?? null))
