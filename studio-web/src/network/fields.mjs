/** Receptive fields: what a pixel of a map sees of the picture. No DOM. */

/** @typedef {import('./types').Field} Field @typedef {import('./types').Look} Look */

/** What a pixel sees, in pixels of the network's input; null where it is not known, or nothing.
 * @param {import('./types').Edges} edges @param {number} height rows of the layer's maps
 * @param {{ channel: number, row: number, column: number }} pixel @returns {Field | null} */
export function fieldOf({ status, which, views }, height, { channel, row, column }) {
  const ends = views[which?.[channel] ?? 0]
  if (status === 'unknown' || !ends) return null
  const at = 2 * (height + column)
  if (ends[2 * row] < 0 || ends[at] < 0) return null
  return { rows: [ends[2 * row], ends[2 * row + 1]], columns: [ends[at], ends[at + 1]] }
}

/** A field within the input: what lies beyond its edges is padding.
 * @param {Field} field @param {{ height: number, width: number }} input @returns {Field} */
export function inside(field, { height, width }) {
  const within = (/** @type {number} */ i, /** @type {number} */ n) => Math.min(Math.max(i, 0), n - 1)
  return {
    rows: [within(field.rows[0], height), within(field.rows[1], height)],
    columns: [within(field.columns[0], width), within(field.columns[1], width)],
  }
}

/** A field's rectangle on the whole picture: top, left, height, width in the picture's pixels, fractions and all.
 * @param {Field} field @param {number[]} crop @param {{ height: number, width: number }} input @returns {number[]} */
export function onPicture(field, crop, input) {
  const down = crop[2] / input.height
  const across = crop[3] / input.width
  return [
    crop[0] + field.rows[0] * down,
    crop[1] + field.columns[0] * across,
    (field.rows[1] - field.rows[0] + 1) * down,
    (field.columns[1] - field.columns[0] + 1) * across,
  ]
}

/** Rows and columns that a field spans.
 * @param {Field} field @returns {[number, number]} */
export const span = ({ rows, columns }) => [rows[1] - rows[0] + 1, columns[1] - columns[0] + 1]

/** The same place in maps of another size.
 * @param {number} index @param {number} from @param {number} to */
export const samePlace = (index, from, to) => Math.min(to - 1, Math.floor(((index + 0.5) / from) * to))
