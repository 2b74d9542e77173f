/** Eigenvalues of a symmetric matrix, the largest first, and their directions of length 1: Jacobi's rotations.
 * Source: Golub & Van Loan, Matrix Computations, 8.5.
 * @param {ArrayLike<number>} matrix n × n, row by row @param {number} n @returns {{ values: number[], vectors: Float64Array[] }} */
export function eigen(matrix, n) {
  const a = Float64Array.from(matrix)
  const v = new Float64Array(n * n)
  for (let i = 0; i < n; i++) v[i * n + i] = 1
  for (let sweep = 0; sweep < MOST_SWEEPS && aside(a, n) > 0; sweep++)
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q)
  const order = Array.from({ length: n }, (_, i) => i).sort((one, other) => a[other * n + other] - a[one * n + one])
  return {
    values: order.map((i) => a[i * n + i]),
    vectors: order.map((i) => Float64Array.from({ length: n }, (_, row) => v[row * n + i])),
  }
}

const MOST_SWEEPS = 40

/** The largest entry beside the diagonal that is more than rounding. @param {Float64Array} a @param {number} n */
function aside(a, n) {
  let [most, whole] = [0, 0]
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
    whole = Math.max(whole, Math.abs(a[i * n + j]))
    if (i !== j) most = Math.max(most, Math.abs(a[i * n + j]))
  }
  return most > 1e-17 * whole ? most : 0
}

/** Turns the plane of p and q so that their entry becomes 0. @param {Float64Array} a @param {Float64Array} v @param {number} n
 * @param {number} p @param {number} q */
function rotate(a, v, n, p, q) {
  const entry = a[p * n + q]
  if (entry === 0) return
  const half = (a[q * n + q] - a[p * n + p]) / (2 * entry)
  const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.hypot(half, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  for (let i = 0; i < n; i++) turn(a, i * n + p, i * n + q, cosine, sine)
  for (let i = 0; i < n; i++) turn(a, p * n + i, q * n + i, cosine, sine)
  for (let i = 0; i < n; i++) turn(v, i * n + p, i * n + q, cosine, sine)
}

/** @param {Float64Array} numbers @param {number} one @param {number} other @param {number} cosine @param {number} sine */
function turn(numbers, one, other, cosine, sine) {
  const [x, y] = [numbers[one], numbers[other]]
  numbers[one] = cosine * x - sine * y
  numbers[other] = sine * x + cosine * y
}
