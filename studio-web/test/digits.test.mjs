import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blank, isBlank, moved, SIDE, stroked } from '../src/train/digits/bitmap.mjs'
import { countsOf, strongest } from '../src/train/digits/controls.mjs'
import { extended, gone, inParts, line, placeOf, rateAt, RATES } from '../src/train/digits/history.mjs'
import { fills } from '../src/train/digits/reading.mjs'
import { createTraining } from '../src/train/digits/training.mjs'

const inked = (/** @type {Uint8Array} */ drawing) => [...drawing.keys()].filter((at) => drawing[at]).map((at) => [Math.floor(at / SIDE), at % SIDE])

test('a dab inks the pixels whose middle is within the pen, and no other', () => {
  const dab = inked(stroked(blank(), [16, 16], [16, 16], 1))
  const within = inked(blank().map((_, at) => Number(Math.hypot(Math.floor(at / SIDE) - 15.5, (at % SIDE) - 15.5) <= 2.5)))
  assert.deepEqual(dab, within)
  assert.ok(dab.length > 12 && dab.length < 25)
})

test('a stroke is whole between its ends however far apart they are, and what is drawn is not changed in place', () => {
  const before = blank()
  const drawn = stroked(before, [4, 6], [28, 26], 1)
  assert.ok(isBlank(before) && !isBlank(drawn))
  for (let row = 4; row < 28; row++) assert.ok(drawn[row * SIDE + Math.floor(6 + ((row - 4) * 20) / 24)], `row ${row}`)
  assert.ok(isBlank(stroked(drawn, [4, 6], [28, 26], 0)))
})

test('the pen stays within the frame', () => {
  assert.deepEqual(moved([1, 31], -2, 2), [0, 32])
  assert.deepEqual(moved([16, 16], 2, -2), [18, 14])
})

test('stretches of the same settings are one, and are repeated in parts', () => {
  const slow = { steps: 400, rate: 0.02, momentum: 0.9 }
  const both = gone(gone([slow], { ...slow, steps: 300 }), { ...slow, rate: 1, steps: 5 })
  assert.deepEqual(both.map(({ steps, rate }) => [steps, rate]), [[700, 0.02], [5, 1]])
  assert.deepEqual(inParts(both, 500).map(({ steps }) => steps), [500, 200, 5])
})

/** @param {number} step @param {number} loss */
const standing = (step, loss) => ({ step, epoch: 0, milliseconds: 1, moved: [], learned: { loss, right: 1, pictures: 4 }, held: { loss, right: 2, pictures: 4 } })

test('a curve keeps its first point and its last, and never too many', () => {
  /** @type {import('../src/train/digits/history.mjs').Standing[]} */
  let points = []
  for (let step = 0; step <= 3000; step++) points = extended(points, standing(step, 1))
  assert.ok(points.length <= 400 && points.length >= 150)
  assert.deepEqual([points[0].step, points.at(-1)?.step], [0, 3000])
})

test('a line runs from left to right, with zero at the bottom, and leaves out what is not finite', () => {
  const points = [standing(0, 4), standing(5, Infinity), standing(10, 0)]
  assert.equal(line(points, ({ held }) => held.loss, 4), '0.00,0.00 100.00,100.00')
})

test('a learning rate has its place on the slider, and the ends are the least and the most', () => {
  assert.deepEqual([rateAt(0), rateAt(1)], [RATES.least, RATES.most])
  for (const rate of [0.001, 0.02, 0.1, 3]) assert.equal(rateAt(placeOf(rate)), rate)
})

test('the strongest share, the counts of one picture, and what fills the frame', () => {
  assert.equal(strongest([0.1, 0.7, 0.2]), 1)
  const pictures = Uint8Array.from({ length: 128 }, (_, at) => at)
  assert.equal(countsOf(pictures, 1)[0], 64)
  assert.equal(countsOf(pictures, 1), countsOf(pictures, 1))
  assert.ok(fills({ top: 3, left: 0, height: 26, width: 9 }))
  assert.ok(!fills({ top: 4, left: 0, height: 28, width: 9 }))
})

/** Python as the page knows it, which forgets its networks when it is told to. */
function python() {
  let step = -1
  /** @type {any[]} */
  const asked = []
  return {
    asked,
    forget: () => (step = -1),
    /** @param {string} kind @param {any} facts */
    async ask(kind, facts) {
      asked.push([kind, { ...facts }])
      if (kind !== 'digits.start' && step < 0) throw Object.assign(new Error('none'), { refusal: { code: 'digits-none-begun', words: { en: 'none', zh: '无' }, ways: [] } })
      step = kind === 'digits.start' ? 0 : step + (facts.steps ?? 0)
      const told = standing(step, 1)
      return { facts: kind === 'digits.start' ? { settings: { ...facts }, epoch: 45, standing: told } : told, bytes: Array.from({ length: 4 }, () => new Uint8Array(8)) }
    },
  }
}

test('where Python has lost the network, all steps are taken once more before the next', async () => {
  const host = python()
  const training = createTraining(/** @type {any} */ ({ host, tell: () => {}, words: (/** @type {any} */ { en }) => en }), () => {})
  await training.restart()
  training.hurry(300)
  for (let i = 0; i < 3; i++) await training.step()
  training.set({ rate: 0.5 })
  await training.step()
  host.forget()
  host.asked.length = 0
  await training.step()
  assert.equal(training.state.standing?.step, 1500)
  assert.equal(training.state.refusal, null)
  assert.deepEqual(host.asked.map(([kind, { steps, rate }]) => [kind, steps, rate]), [
    ['digits.advance', 300, 0.5],
    ['digits.start', undefined, 0.02],
    ['digits.advance', 500, 0.02],
    ['digits.advance', 400, 0.02],
    ['digits.advance', 300, 0.5],
    ['digits.advance', 300, 0.5],
  ])
})
