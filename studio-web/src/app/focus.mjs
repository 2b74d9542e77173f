/** How far back one can return. */
const MOST = 16

/** Focus is not lost: where drawing takes away what has it, it returns to what had it before.
 * @param {HTMLElement} root @returns {() => { after(): void }} called before a drawing; `after` is called after it */
export function keepFocus(root) {
  /** @type {HTMLElement[]} */
  let trail = []
  root.addEventListener('focusin', ({ target }) => {
    trail = [...trail.filter((el) => el !== target && el.isConnected), /** @type {HTMLElement} */ (target)].slice(-MOST)
  })
  return () => {
    const held = focused(root)
    return {
      after() {
        if (!held || isThere(held)) return
        trail = trail.filter(isThere)
        trail.at(-1)?.focus()
      },
    }
  }
}

/** @param {HTMLElement} root */
function focused(root) {
  const { activeElement } = /** @type {Document | ShadowRoot} */ (root.getRootNode())
  return activeElement && root.contains(activeElement) ? /** @type {HTMLElement} */ (activeElement) : null
}

/** @param {HTMLElement} el */
const isThere = (el) => el.isConnected && el.checkVisibility()
