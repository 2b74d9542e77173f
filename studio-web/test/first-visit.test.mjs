import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STEPS } from '../src/convolution/first-visit.mjs'
import { Pictures } from '../src/convolution/pictures.mjs'
import { PRESETS, startedFrom } from '../src/convolution/presets.mjs'
import { START } from '../src/convolution/slice.mjs'

const pictures = new Pictures()
pictures.hold({ title: 'grey', height: 96, width: 96, rgb: new Uint8ClampedArray(96 * 96 * 3).fill(128) }, 'photograph')
const slices = PRESETS.map((preset) => ({ ...START, ...startedFrom(START, preset), name: preset.name }))
const where = (/** @type {string} */ words) => {
  const step = STEPS.find(({ text }) => text.startsWith(words))
  assert.ok(step, words)
  return slices.filter((slice) => step.holds?.(slice, pictures)).map(({ name }) => name)
}

test('half the size and another output is said where it is so: of all presets, of the strided one', () => {
  assert.deepEqual(where('Half the size.'), ['strided'])
})

test('a preset is no number that was changed', () => {
  assert.deepEqual(where('The whole output changed'), [])
})

test('nine numbers are said of kernels that have nine', () => {
  const nine = where('A kernel is nine numbers.')
  for (const name of ['stem', 'frames', 'causal', 'blur', 'pointwise', 'smooth']) assert.ok(!nine.includes(name), name)
  assert.ok(nine.includes('sobel'))
})
