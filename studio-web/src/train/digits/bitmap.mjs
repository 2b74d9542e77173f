/** A drawing of 32 x 32 pixels, each ink (1) or paper (0), row by row: as large as the data set's bitmaps were. */

export const SIDE = 32
/** Half the width of the pen: five pixels of 32, about as wide as the strokes of the data. */
const RADIUS = 2.5

export const blank = () => new Uint8Array(SIDE * SIDE)

/** The drawing with a round pen drawn from one place to another, [row, column] each; `ink` 0 wipes.
 * @param {Uint8Array} drawing @param {number[]} from @param {number[]} to @param {0 | 1} ink */
export function stroked(drawing, from, to, ink) {
  const next = drawing.slice()
  const [down, across] = [to[0] - from[0], to[1] - from[1]]
  const length = down * down + across * across
  for (let at = 0; at < next.length; at++) {
    const [row, column] = [Math.floor(at / SIDE) + 0.5 - from[0], (at % SIDE) + 0.5 - from[1]]
    const along = length ? Math.min(Math.max((row * down + column * across) / length, 0), 1) : 0
    if (Math.hypot(row - along * down, column - along * across) <= RADIUS) next[at] = ink
  }
  return next
}

/** A place moved within the frame. @param {number[]} place @param {number} down @param {number} across */
export const moved = ([row, column], down, across) => [inFrame(row + down), inFrame(column + across)]

/** @param {number} at */
const inFrame = (at) => Math.min(Math.max(at, 0), SIDE)

/** @param {Uint8Array} drawing */
export const isBlank = (drawing) => !drawing.includes(1)
