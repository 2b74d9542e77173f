/** What the buttons of the kernel do to its numbers, row by row. Sizes are [rows, columns]. */

/** @typedef {{ sizes: [number, number], numbers: number[] }} Grid */

/** The mathematician's convolution: both axes reversed. @param {Grid} grid @returns {Grid} */
export const flipped = ({ sizes, numbers }) => ({ sizes, numbers: [...numbers].reverse() })

/** @param {Grid} grid @returns {Grid} */
export function transposed({ sizes: [rows, columns], numbers }) {
  const turned = Array.from({ length: rows * columns }, (_, i) => numbers[(i % rows) * columns + Math.floor(i / rows)])
  return { sizes: [columns, rows], numbers: turned }
}

/** A quarter turn clockwise. @param {Grid} grid @returns {Grid} */
export function rotated(grid) {
  const { sizes, numbers } = transposed(grid)
  const [, columns] = sizes
  return { sizes, numbers: numbers.map((_, i) => numbers[i - (i % columns) + (columns - 1 - (i % columns))]) }
}

/** The numbers over their sum, so that brightness stays; where the sum is 0, over the sum of their sizes.
 * @param {number[]} numbers */
export function normalised(numbers) {
  const sum = numbers.reduce((total, x) => total + x, 0)
  const size = numbers.reduce((total, x) => total + Math.abs(x), 0)
  const by = Math.abs(sum) > 1e-9 * size ? sum : size
  return by ? numbers.map((x) => x / by) : numbers
}
