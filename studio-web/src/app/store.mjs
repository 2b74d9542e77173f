/** @typedef {import('../types').State} State */

/** The state of the page, in one place; who listens hears of changes once a frame.
 * @param {State} start @returns {import('../types').Store} */
export function createStore(start) {
  let state = start
  /** @type {Set<(state: State) => void>} */
  const listeners = new Set()
  let asked = false
  let closed = false

  const tell = () => {
    asked = false
    if (closed) return
    for (const listener of [...listeners]) listener(state)
  }

  return {
    get state() {
      return state
    },
    change(slice, changes) {
      state = slice === null ? { ...state, ...changes } : { ...state, [slice]: { ...state[slice], ...changes } }
      if (asked || closed) return
      asked = true
      requestAnimationFrame(tell)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      closed = true
      listeners.clear()
    },
  }
}
