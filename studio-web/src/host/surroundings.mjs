/** Whether what is around an element is dark: by the first ground that is painted behind it.
 * @param {HTMLElement} el @returns {'light' | 'dark'} */
export function themeAround(el) {
  for (let at = above(el); at; at = above(at)) {
    const [red, green, blue, alpha = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number)
    if (alpha > 0.5) return 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? 'dark' : 'light'
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

/** The element that holds another, through shadow roots. @param {Element} el @returns {Element | null} */
function above(el) {
  const parent = el.parentNode
  return parent instanceof ShadowRoot ? parent.host : /** @type {Element | null} */ (parent instanceof Element ? parent : null)
}

/** Tells when the page or notebook around may look otherwise; gives what ends the watching.
 * @param {() => void} listener */
export function watchSurroundings(listener) {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const watched = new MutationObserver(() => requestAnimationFrame(listener))
  for (const el of [document.documentElement, document.body])
    watched.observe(el, { attributes: true, attributeFilter: ['class', 'style', 'data-theme', 'data-jp-theme-light', 'data-vscode-theme-kind'] })
  dark.addEventListener('change', listener)
  return () => {
    watched.disconnect()
    dark.removeEventListener('change', listener)
  }
}
