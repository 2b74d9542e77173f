/** Scrolls one element so that another is seen in it, and nothing around it.
 * @param {HTMLElement} scroller @param {Element | null} el */
export function bringIntoView(scroller, el) {
  if (!el) return
  const [box, outer] = [el.getBoundingClientRect(), scroller.getBoundingClientRect()]
  const by = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ low, /** @type {number} */ high) =>
    from < low || to > high ? (from + to) / 2 - (low + high) / 2 : 0
  scroller.scrollLeft += by(box.left, box.right, outer.left, outer.right)
  scroller.scrollTop += by(box.top, box.bottom, outer.top, outer.bottom)
}
