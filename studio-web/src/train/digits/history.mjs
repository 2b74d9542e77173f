/** What a training has gone through: enough to repeat it to the bit, and to draw its curves. */

/** @typedef {{ loss: number, right: number, pictures: number }} Judgement
 * @typedef {{ step: number, epoch: number, milliseconds: number | null, learned: Judgement, held: Judgement, moved: number[] }} Standing
 * @typedef {{ steps: number, rate: number, momentum: number }} Stretch steps with one learning rate and momentum */

const MOST_POINTS = 400

/** With one more stretch; stretches of the same settings are one.
 * @param {Stretch[]} stretches @param {Stretch} next @returns {Stretch[]} */
export function gone(stretches, next) {
  const last = stretches.at(-1)
  if (!last || last.rate !== next.rate || last.momentum !== next.momentum) return [...stretches, next]
  return [...stretches.slice(0, -1), { ...last, steps: last.steps + next.steps }]
}

/** Stretches in parts that one question may ask for. @param {Stretch[]} stretches @param {number} most @returns {Stretch[]} */
export const inParts = (stretches, most) =>
  stretches.flatMap((stretch) =>
    Array.from({ length: Math.ceil(stretch.steps / most) }, (_, i) => ({ ...stretch, steps: Math.min(most, stretch.steps - i * most) })),
  )

/** The points of a curve with one more; of too many, every second is let go, never the first.
 * @param {Standing[]} points @param {Standing} next @returns {Standing[]} */
export const extended = (points, next) => (points.length < MOST_POINTS ? [...points, next] : [...points.filter((_, i) => i % 2 === 0), next])

/** A line's points in a box of 100 x 100, y downwards: what is not finite is left out.
 * @param {Standing[]} points @param {(point: Standing) => number} value @param {number} high the value at the top */
export function line(points, value, high) {
  const last = points.at(-1)?.step || 1
  return points
    .filter((point) => Number.isFinite(value(point)))
    .map((point) => `${((100 * point.step) / last).toFixed(2)},${(100 * (1 - value(point) / high)).toFixed(2)}`)
    .join(' ')
}

/** The place of a learning rate on a slider from 0 to 1, and back: equal ways are equal factors. */
export const RATES = { least: 0.0005, most: 5 }
export const placeOf = (/** @type {number} */ rate) => Math.log(rate / RATES.least) / Math.log(RATES.most / RATES.least)
export const rateAt = (/** @type {number} */ place) => Number((RATES.least * (RATES.most / RATES.least) ** place).toPrecision(2))
