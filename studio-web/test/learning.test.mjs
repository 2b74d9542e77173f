import assert from 'node:assert/strict'
import { test } from 'node:test'
import recorded from './learning-from-torch.json' with { type: 'json' }
import { farthest, halving, largestStable, left, leastSquares, sharpest } from '../src/core/curvature.mjs'
import { asOneKernel, descend, looked, sideOf, slid } from '../src/core/learning.mjs'
import { eigen } from '../src/core/symmetric.mjs'

/** Right values: torch's, recorded by tests/studio/learning_from_torch.py; differences of the loss; hand computation. */

/** @typedef {import('../src/core/learning.mjs').Plane} Plane */

const floats = (/** @type {number[][]} */ lists) => lists.map((list) => Float64Array.from(list))
const close = (/** @type {ArrayLike<number>} */ got, /** @type {ArrayLike<number>} */ right, /** @type {number} */ most) => {
  assert.equal(got.length, right.length)
  for (let i = 0; i < right.length; i++) assert.ok(Math.abs(got[i] - right[i]) <= most * Math.max(1, Math.abs(right[i])), `${i}: ${got[i]} is not ${right[i]}`)
}

const chains = recorded.chains.map((chain) => {
  const reach = chain.kernels.reduce((sum, kernel) => sum + sideOf(kernel) - 1, 0)
  const { height, width } = recorded
  return {
    ...chain,
    input: { data: Float64Array.from(chain.picture), height, width },
    wanted: { data: Float64Array.from(chain.wanted), height: height - reach, width: width - reach },
    name: `${chain.kernels.length} of ${sideOf(chain.kernels[0])}${chain.relu ? ' with ReLU' : ''}`,
  }
})

for (const { name, kernels, relu, input, wanted, loss, gradients, after, rate, momentum, steps, curvature } of chains) {
  test(`${name}: loss and gradients are torch's`, () => {
    const step = looked({ kernels: floats(kernels), relu }, input, wanted)
    close([step.loss], [loss], 1e-13)
    step.gradients.forEach((each, at) => close(each, gradients[at], 1e-12))
  })

  test(`${name}: gradients are the differences of the loss`, () => {
    const { gradients: exact } = looked({ kernels: floats(kernels), relu }, input, wanted)
    const lossAt = (/** @type {number} */ at, /** @type {number} */ tap, /** @type {number} */ by) => {
      const moved = floats(kernels)
      moved[at][tap] += by
      return looked({ kernels: moved, relu }, input, wanted).loss
    }
    exact.forEach((each, at) => each.forEach((gradient, tap) => close([(lossAt(at, tap, 1e-6) - lossAt(at, tap, -1e-6)) / 2e-6], [gradient], 1e-7)))
  })

  test(`${name}: ${steps} steps end where torch.optim.SGD ends`, () => {
    const learning = floats(kernels)
    const velocities = learning.map(({ length }) => new Float64Array(length))
    for (let i = 0; i < steps; i++) descend(learning, velocities, looked({ kernels: learning, relu }, input, wanted).gradients, { rate, momentum })
    learning.forEach((kernel, at) => close(kernel, after[at], 1e-9))
  })

  test(`${name}: the largest curvature is that of torch's Hessian`, () => {
    close([sharpest({ kernels: floats(kernels), relu }, input, wanted)], [curvature], 1e-6)
  })
}

for (const { name, input, wanted, best, relu, kernels } of chains)
  test(`${name}: the best single kernel is torch.linalg.lstsq's`, () => {
    const side = kernels.reduce((sum, kernel) => sum + sideOf(kernel) - 1, 1)
    const goal = leastSquares(input, wanted, side)
    close(goal.kernel, best, 1e-9)
    assert.equal(goal.determined, side * side)
    if (kernels.length === 1) close([goal.curvatures[0]], [sharpest({ kernels: floats(kernels), relu }, input, wanted)], 1e-6)
  })

test('two kernels in a row are the one that is their full convolution', () => {
  const { input, kernels } = chains[2]
  const [first, second] = floats(kernels)
  close(slid(input, asOneKernel(first, second)).data, slid(slid(input, first), second).data, 1e-13)
})

test('what a picture cannot determine is counted, and the smallest kernel is taken', () => {
  const rows = Float64Array.from({ length: 12 * 12 }, (_, i) => Math.sin(1 + Math.floor(i / 12) ** 2))
  const input = { data: rows, height: 12, width: 12 }
  const wanted = slid(input, [0, 3, 0, 0, 3, 0, 0, -3, 0])
  const goal = leastSquares(input, wanted, 3)
  assert.equal(goal.determined, 3)
  close(goal.kernel, [1, 1, 1, 1, 1, 1, -1, -1, -1], 1e-9)
  assert.ok(farthest(goal, [0, 3, 0, 0, 3, 0, 0, -3, 0]) < 1e-9)
  assert.ok(farthest(goal, [0, 3, 0, 0, 3, 0, 0, 0, 0]) > 0.9)
})

test('with noise the errors of the taps are those of the textbook', () => {
  const input = { data: Float64Array.of(1, 2, 3, 4), height: 1, width: 4 }
  const goal = leastSquares(input, { ...input, data: Float64Array.of(3, 4, 8, 9) }, 1)
  const slope = 71 / 30
  const rest = [3, 4, 8, 9].reduce((sum, y, i) => sum + (y - slope * (i + 1)) ** 2, 0)
  close(goal.kernel, [slope], 1e-14)
  close(goal.errors, [Math.sqrt(rest / 3 / 30)], 1e-12)
})

/** How far along one curvature after so many steps. @param {number} rate @param {number} momentum @param {number} curvature */
function wandered(rate, momentum, curvature, steps = 4000) {
  let [place, velocity] = [1, 0]
  for (let i = 0; i < steps; i++) {
    velocity = momentum * velocity + curvature * place
    place -= rate * velocity
  }
  return Math.abs(place)
}

for (const momentum of [0, 0.5, 0.9])
  test(`with momentum ${momentum} steps shrink below the largest stable rate and grow above it`, () => {
    const limit = largestStable(7, momentum)
    assert.ok(wandered(0.99 * limit, momentum, 7) < 1e-3)
    assert.ok(wandered(1.01 * limit, momentum, 7) > 1e3)
    assert.ok(left(0.99 * limit, momentum, 7) < 1 && left(1.01 * limit, momentum, 7) > 1)
  })

test('a crawl halves its distance in as many steps as is said', () => {
  assert.ok(Math.abs(wandered(0.001, 0, 2, Math.round(halving(0.001, 0, 2))) - 0.5) < 1e-3)
})

test('eigenvalues and their directions: by hand', () => {
  const { values, vectors } = eigen([2, 1, 1, 2], 2)
  close(values, [3, 1], 1e-15)
  close(vectors[0].map((part) => part * Math.sign(vectors[0][0])), [Math.SQRT1_2, Math.SQRT1_2], 1e-15)
})
