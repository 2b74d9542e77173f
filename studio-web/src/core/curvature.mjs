import { looked, sideOf } from './learning.mjs'
import { eigen } from './symmetric.mjs'

/** How a loss curves around its goal: the kernel of least squares in closed form, what a picture cannot determine, and
 * which learning rates are stable.
 * @typedef {import('./learning.mjs').Plane} Plane @typedef {import('./learning.mjs').Chain} Chain
 * @typedef {{ kernel: Float64Array, errors: Float64Array, loss: number, curvatures: number[], directions: Float64Array[],
 *   determined: number }} Goal `errors`: standard errors of the taps; curvatures (eigenvalues of the loss's Hessian) from
 * the largest, with their directions; the first `determined` of them are told by the picture */

/** Curvatures below this part of the largest are rounding, not data. */
const ROUNDING = 1e-11

/** The kernel of a size that comes nearest to what is wanted; the smallest of them where the picture leaves a choice.
 * @param {Plane} input @param {Plane} wanted @param {number} side @returns {Goal} */
export function leastSquares(input, wanted, side) {
  const { hessian, pull } = normalEquations(input, wanted, side)
  const { values: curvatures, vectors: directions } = eigen(hessian, side * side)
  const determined = curvatures.filter((curvature) => curvature > ROUNDING * curvatures[0]).length
  const kernel = new Float64Array(side * side)
  const spread = new Float64Array(side * side)
  for (let at = 0; at < determined; at++) {
    const part = dot(directions[at], pull) / curvatures[at]
    directions[at].forEach((share, tap) => {
      kernel[tap] += part * share
      spread[tap] += share ** 2 / curvatures[at]
    })
  }
  const { loss } = looked({ kernels: [kernel], relu: false }, input, wanted)
  const free = Math.max(wanted.data.length - determined, 1)
  const errors = spread.map((sum) => Math.sqrt((2 * loss * sum) / free))
  return { kernel, errors, loss, curvatures, directions, determined }
}

/** The loss is wᵀHw/2 − pᵀw + a constant: H and p, from the windows of the input.
 * @param {Plane} input @param {Plane} wanted @param {number} side */
function normalEquations(input, wanted, side) {
  const taps = side * side
  const hessian = new Float64Array(taps * taps)
  const pull = new Float64Array(taps)
  const window = new Float64Array(taps)
  const weight = 2 / wanted.data.length
  wanted.data.forEach((value, place) => {
    const corner = Math.floor(place / wanted.width) * input.width + (place % wanted.width)
    for (let tap = 0; tap < taps; tap++) window[tap] = input.data[corner + Math.floor(tap / side) * input.width + (tap % side)]
    for (let one = 0; one < taps; one++) {
      pull[one] += weight * window[one] * value
      for (let other = 0; other < taps; other++) hessian[one * taps + other] += weight * window[one] * window[other]
    }
  })
  return { hessian, pull }
}

/** The largest curvature of a chain's loss at its kernels of this moment: of the Hessian, by differences of its exact
 * gradient. @param {Chain} chain @param {Plane} input @param {Plane} wanted @returns {number} */
export function sharpest({ kernels, relu }, input, wanted) {
  const sizes = kernels.map(({ length }) => length)
  const taps = sizes.reduce((all, size) => all + size, 0)
  const hessian = new Float64Array(taps * taps)
  const around = (/** @type {number} */ moved, /** @type {number} */ by) => {
    let before = 0
    const shifted = kernels.map((kernel) => {
      const own = kernel.map((value, tap) => (before + tap === moved ? value + by : value))
      before += kernel.length
      return own
    })
    return looked({ kernels: shifted, relu }, input, wanted).gradients.flatMap((each) => [...each])
  }
  for (let moved = 0; moved < taps; moved++) {
    const [ahead, behind] = [around(moved, NUDGE), around(moved, -NUDGE)]
    for (let tap = 0; tap < taps; tap++) {
      const part = (ahead[tap] - behind[tap]) / (4 * NUDGE)
      hessian[moved * taps + tap] += part
      hessian[tap * taps + moved] += part
    }
  }
  return eigen(hessian, taps).values[0]
}

const NUDGE = 1e-4

/** The learning rate above which steps along a curvature grow: Polyak 1964; 2 / curvature without momentum.
 * @param {number} curvature the largest @param {number} momentum */
export const largestStable = (curvature, momentum) => (2 * (1 + momentum)) / curvature

/** What a step leaves of the distance along a curvature, in the long run: the larger root of z² − (1 + m − rate·c)z + m.
 * @param {number} rate @param {number} momentum @param {number} curvature */
export function left(rate, momentum, curvature) {
  const middle = 1 + momentum - rate * curvature
  const inside = middle ** 2 - 4 * momentum
  return inside < 0 ? Math.sqrt(momentum) : (Math.abs(middle) + Math.sqrt(inside)) / 2
}

/** Steps after which half of the distance along a curvature is left. @param {number} rate @param {number} momentum @param {number} curvature */
export const halving = (rate, momentum, curvature) => Math.log(0.5) / Math.log(left(rate, momentum, curvature))

/** The farthest tap from the goal, along what the picture determines.
 * @param {Goal} goal @param {ArrayLike<number>} kernel */
export function farthest({ kernel: best, directions, determined }, kernel) {
  const away = best.map((value, tap) => kernel[tap] - value)
  const told = new Float64Array(away.length)
  for (const direction of directions.slice(0, determined)) {
    const part = dot(direction, away)
    direction.forEach((share, tap) => (told[tap] += part * share))
  }
  return told.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

/** The kernel of a smaller size in the middle of a larger one. @param {ArrayLike<number>} kernel @param {number} side @returns {Float64Array} */
export function centred(kernel, side) {
  const small = sideOf(kernel)
  const edge = (side - small) / 2
  const large = new Float64Array(side * side)
  for (let tap = 0; tap < kernel.length; tap++) large[(Math.floor(tap / small) + edge) * side + (tap % small) + edge] = kernel[tap]
  return large
}

/** @param {ArrayLike<number>} one @param {Float64Array} other */
const dot = (one, other) => other.reduce((sum, value, i) => sum + value * one[i], 0)
