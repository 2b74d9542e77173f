import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, keyOf, running, sumOf } from '../src/stage/products.mjs'
import { near, tight } from '../src/core/number.mjs'
import { factors } from '../src/stage/sum.mjs'
import { toneOf } from '../src/stage/tone.mjs'

/** @param {number} channel @param {number} column @param {number} value @param {number} weight @param {boolean} [outside] */
const term = (channel, column, value, weight, outside = false) => ({
  channel, tap: [0, column], place: [0, column], source: outside ? null : [0, column], value, weight, product: value * weight,
})

test('a sum knows its parts, its bias and its rounding', () => {
  const sum = sumOf([term(0, 0, 118, 0.1), term(0, 1, 0, 2, true), term(1, 0, 3, -1)], 0.5)
  assert.deepEqual(sum.parts.map(({ partial }) => partial), [118 * 0.1, -3])
  assert.equal(sum.exact, 118 * 0.1 - 3 + 0.5)
  assert.equal(sum.shown, Math.fround(sum.exact))
  assert.equal(count(sum), 3)
  assert.equal(sum.parts[0].products[1].padding, true)
})

test('the sum grows product by product', () => {
  const steps = running(sumOf([term(0, 0, 2, 3), term(1, 0, 5, 1)], 1))
  assert.deepEqual([...steps.values()].map(({ so, at }) => [so, at]), [[6, 1], [11, 2]])
  assert.ok(steps.has(keyOf(1, [0, 0])))
})

test('a product is written with one sign', () => {
  assert.equal(factors(0.25, 118), '+ 0.25 × 118')
  assert.equal(factors(-0.25, 118), '− 0.25 × 118')
  assert.equal(factors(-0.25, -3), '+ (−0.25) × (−3)')
})

test('what is said of a sum is it, or nearly so', () => {
  assert.equal(near(-92), '= −92')
  assert.equal(near(Math.fround(0.1)), '= 0.1')
  assert.equal(near(275.66666), '≈ 275.667')
  assert.equal(near(0), '= 0')
})

test('numbers that stand close have two digits of the largest, and no zero before the point', () => {
  assert.deepEqual(tight([0.0406, -0.00782, 0]), ['.041', '−.008', '0'])
  assert.deepEqual(tight([1 / 81, 1 / 81]), ['.012', '.012'])
  assert.deepEqual(tight([-2, 1]), ['−2.0', '1.0'])
})

test('a map of one number is not black', () => {
  const tone = toneOf([35], 'light')
  assert.deepEqual([tone.low, tone.high], [0, 35])
})
