/** The elements of a stage.
 * @param {HTMLElement} el */
export function build(el) {
  const make = (/** @type {string} */ tag, /** @type {string} */ name, /** @type {HTMLElement} */ parent = theatre) => {
    const one = document.createElement(tag)
    one.className = name
    parent.append(one)
    return one
  }
  const theatre = document.createElement('div')
  theatre.className = 'theatre'
  theatre.dataset.stage = ''
  el.append(theatre)
  const scene = make('div', 'scene')
  scene.tabIndex = 0
  scene.setAttribute('role', 'application')
  const base = /** @type {HTMLCanvasElement} */ (make('canvas', 'base', scene))
  const over = /** @type {HTMLCanvasElement} */ (make('canvas', 'over', scene))
  for (const canvas of [base, over]) canvas.setAttribute('aria-hidden', 'true')
  const signs = make('p', 'signs')
  const rails = make('div', 'rails')
  const controls = make('div', 'controls')
  const sum = make('div', 'strip')
  const table = make('div', 'reading')
  return { theatre, scene, base, over, signs, rails, controls, sum, table }
}
