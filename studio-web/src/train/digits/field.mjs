import { html } from 'lit-html'
import { styled } from '../../app/styled.mjs'
import { moved, SIDE } from './bitmap.mjs'
import { painted } from './painted.mjs'

/** @typedef {import('../../types').App} App @typedef {ReturnType<typeof import('./subject.mjs').createSubject>} Subject */

/** Pixels of a press of an arrow key. */
const STEP = 2
const ARROWS = { ArrowUp: [-STEP, 0], ArrowDown: [STEP, 0], ArrowLeft: [0, -STEP], ArrowRight: [0, STEP] }

/** The field in which one draws, by mouse, touch or keys. @param {App} app @param {Subject} subject */
export function createField(app, subject) {
  let pen = [SIDE / 2, SIDE / 2]
  let isDown = false
  let isWiping = false
  /** @type {number[] | null} */
  let last = null

  const redraw = () => app.store.change('train', {})
  const told = () => app.tell(app.t(isDown ? 'Pen down, row {row}, column {column}' : 'Pen up, row {row}, column {column}', { row: pen[0], column: pen[1] }))
  const placeOf = (/** @type {PointerEvent} */ { clientX, clientY, currentTarget }) => {
    const box = /** @type {HTMLElement} */ (currentTarget).getBoundingClientRect()
    return [((clientY - box.top) / box.height) * SIDE, ((clientX - box.left) / box.width) * SIDE]
  }
  const ink = () => (isWiping ? 0 : 1)
  const begun = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId)
    last = placeOf(event)
    void subject.draw(last, last, ink())
  }
  const drawn = (/** @type {PointerEvent} */ event) => {
    if (!last) return
    const place = placeOf(event)
    void subject.draw(last, place, ink())
    last = place
  }
  const ended = () => {
    last = null
  }
  const go = (/** @type {number[]} */ [down, across]) => {
    const before = pen
    pen = moved(pen, down, across)
    if (isDown) void subject.draw(before, pen, ink())
    told()
    redraw()
  }
  const turn = () => {
    isDown = !isDown
    if (isDown) void subject.draw(pen, pen, ink())
    told()
    redraw()
  }
  const wipe = () => {
    isDown = false
    void subject.clear()
    app.tell(app.t('The field is empty'))
  }
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const { key } = event
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (key in ARROWS) go(ARROWS[/** @type {keyof typeof ARROWS} */ (key)])
    else if (key === ' ' || key === 'Enter') turn()
    else if (key === 'Delete' || key === 'Backspace') wipe()
    else return
    event.preventDefault()
  }

  return {
    view() {
      const { t } = app
      const place = { '--row': `${(100 * pen[0]) / SIDE}%`, '--column': `${(100 * pen[1]) / SIDE}%` }
      return html`
        <div class="field ${isDown ? 'down' : ''}" ${styled(place)}>
          <canvas
            tabindex="0"
            role="application"
            aria-label=${t('A field to draw a digit: arrow keys move the pen, Space puts it down or lifts it, Delete empties the field')}
            @pointerdown=${begun} @pointermove=${drawn} @pointerup=${ended} @pointercancel=${ended} @keydown=${pressed}
            ${painted({ values: subject.state.drawing, height: SIDE, width: SIDE, most: 1, tone: 'ink', theme: 'light' })}
          ></canvas>
          <i aria-hidden="true"></i>
        </div>
        <div class="acts">
          <button aria-pressed=${isWiping} @click=${() => ((isWiping = !isWiping), redraw())}>${t('Rub out')}</button>
          <button @click=${wipe}>${t('Empty')}</button>
        </div>
      `
    },
  }
}
