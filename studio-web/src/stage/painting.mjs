import { indexOf, lower, placeOf } from './geometry.mjs'
import { feeding } from './maps.mjs'
import { scatter } from '../core/terms.mjs'

/** What a transposed convolution has painted so far: input cell after input cell, in reading order; overlaps add.
 * @param {{ conv: import('../types').Conv, input: import('../types').Numbers, weight: import('../types').Numbers,
 *   bias: Float64Array | null, output: import('../types').Numbers }} model
 * @param {import('./geometry.mjs').Geometry} geometry @param {number} out */
export function createPainting({ conv, input, weight, bias, output }, geometry, out) {
  const sizes = geometry.sides.map((side) => side.out)
  const inputs = geometry.sides.map(({ n }) => n)
  const size = sizes[0] * sizes[1] * sizes[2]
  const whole = output.data.subarray(out * size, (out + 1) * size)
  const numbers = new Float64Array(size)
  const touched = new Uint8Array(size)
  let upTo = -1
  const [first, end] = feeding(conv, out)

  const paint = (/** @type {number} */ index) => {
    const place = lower(placeOf(index, inputs), geometry.rank)
    for (let channel = first; channel < end; channel++)
      for (const { to, k, product } of scatter(conv, input, weight, channel, place)) {
        if (k !== out) continue
        const at = indexOf([...Array(3 - to.length).fill(0), ...to], sizes)
        numbers[at] += product
        touched[at] = 1
      }
  }
  const clear = () => {
    numbers.fill(bias ? bias[out] : 0)
    touched.fill(0)
    upTo = -1
  }
  clear()

  return {
    touched,
    /** The output when all inputs up to this one are painted; where none has come yet, what it will be.
     * @param {number} index */
    to(index) {
      if (index < upTo) clear()
      while (upTo < index) paint(++upTo)
      return whole.map((last, at) => (touched[at] ? numbers[at] : last))
    },
  }
}
