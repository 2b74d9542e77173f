/** @typedef {import('./slice.mjs').Slice} Slice */

const KEPT = /** @type {const} */ (['recipe', 'conv', 'error', 'picture', 'side', 'crop', 'kernel', 'base', 'weight', 'bias', 'shift', 'out', 'channel'])
const PAUSE = 500
const MOST = 200

/** What was changed can be taken back: Ctrl+Z and Ctrl+Shift+Z outside of fields. Changes in quick succession are one.
 * @param {import('../types').App} app @param {() => number} [clock] */
export function createHistory(app, clock = () => performance.now()) {
  /** @type {Partial<Slice>[]} */
  let past = []
  /** @type {Partial<Slice>[]} */
  let future = []
  let now = kept(app.store.state.convolution)
  let at = -Infinity

  const move = (/** @type {Partial<Slice>[]} */ from, /** @type {Partial<Slice>[]} */ to) => {
    const then = stillHeld(from.pop())
    if (!then) return false
    to.push(now)
    now = then
    app.store.change('convolution', then)
    return true
  }

  /** A picture that is gone since is left out. @param {Partial<Slice>} [then] @returns {Partial<Slice> | undefined} */
  const stillHeld = (then) => (then?.picture && !app.pictures.isHeld(then.picture) ? { ...then, picture: now.picture, crop: now.crop } : then)

  return {
    /** @param {Slice} slice */
    seen(slice) {
      if (KEPT.every((key) => slice[key] === now[key])) return
      const time = clock()
      if (time - at > PAUSE) past = [...past.slice(1 - MOST), now]
      at = time
      future = []
      now = kept(slice)
    },
    undo: () => {
      at = -Infinity
      return move(past, future)
    },
    redo: () => move(future, past),
  }
}

/** @param {Slice} slice @returns {Partial<Slice>} */
const kept = (slice) => Object.fromEntries(KEPT.map((key) => [key, slice[key]]))
