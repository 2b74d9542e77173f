/** How strongly a kernel passes each frequency: |DFT| on a grid of size × size, frequency 0 in the middle,
 * at [size / 2, size / 2]; columns are horizontal frequencies.
 * @param {ArrayLike<number>} kernel @param {number} rows @param {number} columns @param {number} [size] @returns {Float64Array} */
export function response(kernel, rows, columns, size = 64) {
  const cosines = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * i) / size))
  const sines = Float64Array.from({ length: size }, (_, i) => Math.sin((2 * Math.PI * i) / size))
  const half = size / 2
  const magnitudes = new Float64Array(size * size)
  for (let v = -half; v < half; v++)
    for (let u = -half; u < half; u++) {
      let [real, imaginary] = [0, 0]
      for (let y = 0; y < rows; y++)
        for (let x = 0; x < columns; x++) {
          const turn = (((v * y + u * x) % size) + size) % size
          real += kernel[y * columns + x] * cosines[turn]
          imaginary -= kernel[y * columns + x] * sines[turn]
        }
      magnitudes[(v + half) * size + u + half] = Math.hypot(real, imaginary)
    }
  return magnitudes
}
