/** Listens to what happens around a stage: its width, whether anybody can see it.
 * @param {HTMLElement} el @param {{ width(pixels: number): void, near(yes: boolean): void, open(yes: boolean): void, again(): void }} on
 * @returns {() => void} stops listening */
export function watch(el, on) {
  const size = new ResizeObserver(([{ contentRect }]) => on.width(Math.floor(contentRect.width)))
  const near = new IntersectionObserver((entries) => on.near(entries[entries.length - 1].isIntersecting))
  const opened = () => on.open(!document.hidden)
  size.observe(el)
  near.observe(el)
  document.addEventListener('visibilitychange', opened)
  addEventListener('resize', on.again)
  return () => {
    size.disconnect()
    near.disconnect()
    document.removeEventListener('visibilitychange', opened)
    removeEventListener('resize', on.again)
  }
}
