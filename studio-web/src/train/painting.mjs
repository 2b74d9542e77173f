/** A brush of two by two pixels on what is wanted, by hand or by keys.
 * @typedef {import('./kernels.mjs').Scene} Scene @typedef {import('./kernels.mjs').Acts} Acts */

const STEPS = /** @type {Record<string, [number, number]>} */ ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] })

/** @param {Scene} scene @param {Acts} on */
export const brushPointer = ({ problem, brush }, on) => (/** @type {PointerEvent} */ event) => {
  const canvas = /** @type {HTMLElement} */ (event.currentTarget).querySelector('canvas')
  if (!canvas || brush === null) return
  const { height, width } = problem.wanted
  const { left, top } = canvas.getBoundingClientRect()
  const cell = Number(canvas.dataset.cell)
  const [row, column] = [Math.floor((event.clientY - top) / cell), Math.floor((event.clientX - left) / cell)]
  if (row < 0 || column < 0 || row >= height || column >= width) return
  const place = row * width + column
  if (event.buttons & 1) {
    event.preventDefault()
    on.paint(place, brush)
  }
  on.look(place)
}

/** @param {import('../types').App} app @param {Scene} scene @param {Acts} on */
export const brushKeys = (app, { problem, brush }, on) => (/** @type {KeyboardEvent} */ event) => {
  const { height, width } = problem.wanted
  const step = STEPS[event.key]
  const place = on.place() ?? 0
  if (!step && event.key !== 'Enter') return
  event.preventDefault()
  event.stopPropagation()
  if (!step) return on.paint(place, brush ?? 0)
  const row = Math.min(Math.max(Math.floor(place / width) + step[0], 0), height - 1)
  const column = Math.min(Math.max((place % width) + step[1], 0), width - 1)
  on.look(row * width + column)
  app.tell(app.t('row {row}, column {column}', { row, column }))
}
