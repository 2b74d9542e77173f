/** Where the focus goes when what has it is taken away. */

/** To be asked before a change of the page; what it gives is called after it.
 * @param {HTMLElement} el @param {() => void} next puts the focus on what stands there now @returns {() => void} */
export function followFocus(el, next) {
  const held = /** @type {Document | ShadowRoot} */ (el.getRootNode()).activeElement
  if (!held || !el.contains(held)) return () => {}
  return () => {
    if (!held.isConnected || held.closest('[hidden]')) next()
  }
}
