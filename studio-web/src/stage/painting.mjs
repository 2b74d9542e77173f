import { placeOf } from './geometry.mjs'
import { channelOf, feeding, weightStart } from './maps.mjs'

/** What a transposed convolution has painted so far: input cell after input cell, in reading order; overlaps add.
 * @typedef {import('./geometry.mjs').Geometry} Geometry @typedef {import('../types').Numbers} Numbers
 * @typedef {{ conv: import('../types').Conv, input: Numbers, weight: Numbers, bias: Float64Array | null, output: Numbers }} Model */

/** @param {Model} model @param {Geometry} geometry @param {number} out */
export function createPainting(model, geometry, out) {
  const inputs = geometry.sides.map(({ n }) => n)
  const whole = channelOf(model.output, out)
  const numbers = new Float64Array(whole.length)
  const touched = new Uint8Array(whole.length)
  const [first, end] = feeding(model.conv, out)
  let upTo = -1

  const paint = (/** @type {number} */ index) => {
    const spots = spotsOf(geometry, placeOf(index, inputs))
    const taps = geometry.sides.reduce((all, { kernel }) => all * kernel, 1)
    for (let channel = first; channel < end; channel++) {
      const value = channelOf(model.input, channel)[index]
      const start = weightStart(model.conv, out, channel, taps)
      for (const [tap, at] of spots) {
        numbers[at] += value * model.weight.data[start + tap]
        touched[at] = 1
      }
    }
  }
  const clear = () => {
    numbers.fill(model.bias ? model.bias[out] : 0)
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

/** Where the kernel's taps fall in the output from one input cell, what is cut off left out: tap, output cell.
 * @param {Geometry} geometry @param {number[]} place @returns {[number, number][]} */
function spotsOf({ sides }, place) {
  /** @type {[number, number][]} */
  let spots = [[0, 0]]
  sides.forEach(({ kernel, stride, dilation, before, out }, axis) => {
    const from = place[axis] * stride - before
    spots = spots.flatMap(([tap, at]) =>
      Array.from({ length: kernel }, (_, i) => /** @type {[number, number]} */ ([tap * kernel + i, from + i * dilation]))
        .filter(([, to]) => to >= 0 && to < out)
        .map(([next, to]) => /** @type {[number, number]} */ ([next, at * out + to])),
    )
  })
  return spots
}
