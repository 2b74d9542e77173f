/** The distance of two descriptions: the root of the sum of 128 squares. No DOM. */

/** @typedef {import('./types').Apart} Apart */

/** @param {Float32Array} one @param {Float32Array} two @returns {Apart} */
export function apart(one, two) {
  const differences = Float64Array.from(one, (value, i) => value - two[i])
  const squares = differences.map((value) => value * value)
  const sum = squares.reduce((all, value) => all + value, 0)
  return { one, two, differences, squares, sum, distance: Math.sqrt(sum) }
}

/** The two nearest of several descriptions each.
 * @param {Float32Array[]} ones @param {Float32Array[]} twos @returns {Apart | null} */
export function nearest(ones, twos) {
  const all = ones.flatMap((one) => twos.map((two) => apart(one, two)))
  return all.reduce((/** @type {Apart | null} */ best, each) => (best && best.distance <= each.distance ? best : each), null)
}

/** Which of the numbers differ most, the most first. @param {Apart} apart @param {number} count */
export const most = ({ squares }, count) => [...squares.keys()].sort((a, b) => squares[b] - squares[a] || a - b).slice(0, count)

/** What the numbers of a list make up of the sum, 0 to 1. @param {Apart} apart @param {number[]} numbers */
export const share = ({ squares, sum }, numbers) => (sum > 0 ? numbers.reduce((all, i) => all + squares[i], 0) / sum : 0)
