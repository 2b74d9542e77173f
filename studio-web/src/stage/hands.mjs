/** The pointer on the stage: looking at a cell, putting the window there, dragging it, dragging the picture, editing a kernel.
 * @typedef {{ name: 'input' | 'kernel' | 'patch' | 'output', row: number, column: number }} Spot
 * @typedef {object} Acts
 * @property {(x: number, y: number) => Spot | null} spot what lies at a point of the stage
 * @property {(spot: Spot | null) => void} look the pointer rests there
 * @property {(spot: Spot) => void} put the window goes there and stays
 * @property {(spot: Spot) => void} edit a kernel's number
 * @property {() => boolean} carries whether a drag moves the picture
 * @property {(rows: number, columns: number, start: boolean) => void} carry by cells since the drag began
 * @property {() => [number, number]} cell width and height of an input cell
 * @property {(by: number) => void} zoom
 * @property {(on: boolean) => void} hold a drag begins or ends */

/** @param {HTMLElement} el @param {Acts} acts */
export function hands(el, acts) {
  /** @type {{ x: number, y: number, carries: boolean } | null} */
  let held = null
  const point = (/** @type {PointerEvent} */ event) => {
    const { left, top } = el.getBoundingClientRect()
    return /** @type {[number, number]} */ ([event.clientX - left, event.clientY - top])
  }
  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0 || /** @type {HTMLElement} */ (event.target).tagName === 'INPUT') return
    const [x, y] = point(event)
    const spot = acts.spot(x, y)
    if (!spot) return
    if (spot.name === 'kernel') {
      event.preventDefault()
      acts.edit(spot)
      return
    }
    const carries = spot.name === 'input' && (event.shiftKey || acts.carries())
    held = { x, y, carries }
    acts.hold(true)
    el.setPointerCapture(event.pointerId)
    if (carries) acts.carry(0, 0, true)
    else acts.put(spot)
  }
  const move = (/** @type {PointerEvent} */ event) => {
    const [x, y] = point(event)
    const spot = acts.spot(x, y)
    if (held?.carries) {
      const [wide, tall] = acts.cell()
      acts.carry(Math.round((y - held.y) / tall), Math.round((x - held.x) / wide), false)
    } else if (held && spot && spot.name !== 'kernel') acts.put(spot)
    else if (!held && event.pointerType !== 'touch') acts.look(spot)
    el.dataset.over = spot ? (spot.name === 'input' && acts.carries() ? 'carry' : spot.name) : ''
  }
  const up = () => {
    if (held) acts.hold(false)
    held = null
  }
  const leave = () => {
    if (!held) acts.look(null)
  }
  const wheel = (/** @type {WheelEvent} */ event) => {
    const focused = /** @type {Document | ShadowRoot} */ (el.getRootNode()).activeElement === el
    if (!event.ctrlKey && !event.metaKey && !focused) return
    event.preventDefault()
    acts.zoom(event.deltaY < 0 ? 1 : -1)
  }
  el.addEventListener('pointerdown', down)
  el.addEventListener('pointermove', move)
  el.addEventListener('pointerup', up)
  el.addEventListener('pointercancel', up)
  el.addEventListener('pointerleave', leave)
  el.addEventListener('wheel', wheel, { passive: false })
}
