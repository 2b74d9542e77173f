import assert from 'node:assert/strict'
import { test } from 'node:test'
import { difference, oneChannel } from '../src/convolution/guides/part.mjs'
import { wiring } from '../src/convolution/explain/sparse.mjs'
import { padded } from '../src/core/conventions.mjs'
import { forward } from '../src/core/forward.mjs'
import { weightShape } from '../src/core/conv.mjs'
import { parseRecipe } from '../src/core/recipe.mjs'

const numbers = (/** @type {number[]} */ shape) => ({ data: Float64Array.from({ length: shape.reduce((all, n) => all * n, 1) }, (_, i) => (i * 7) % 11), shape })
const layer = (/** @type {string} */ text) => /** @type {import('../src/types').Conv} */ (parseRecipe(text).conv)

test('the channel in front alone is that channel of the whole layer', () => {
  const conv = layer('nn.Conv2d(4, 6, kernel_size=3, stride=2, padding=1, groups=2, bias=False)')
  const model = { conv, input: numbers([4, 7, 8]), weight: numbers(weightShape(conv)), bias: null, output: numbers([1]) }
  const { data } = forward(conv, model.input, model.weight, null)
  for (let out = 0; out < 6; out++) assert.deepEqual(oneChannel(model, out).data, data.subarray(out * 16, (out + 1) * 16))
})

test('at stride 2 and an even size the conventions differ, at stride 1 they do not', () => {
  const count = (/** @type {number} */ stride) => {
    const conv = layer(`nn.Conv2d(1, 1, kernel_size=3, stride=${stride}, padding=1)`)
    const model = { conv, input: numbers([1, 8, 8]), weight: numbers([1, 1, 3, 3]), bias: null, output: numbers([1]) }
    const [ours, theirs] = ['number', 'same'].map((key) => oneChannel(model, 0, (axis) => padded(key, axis)).data)
    return difference(ours, theirs).count
  }
  assert.equal(count(1), 0)
  assert.ok(count(2) > 0)
})

test('nine inputs under a kernel of three have 25 connections: two taps lie on the padding', () => {
  const { axes } = layer('nn.Conv1d(1, 1, kernel_size=3, padding=1)')
  assert.equal(wiring(axes[0], 48, false).wires.length, 25)
})

test('a piece of the axis has the outputs that the layer makes of it, and a window fits', () => {
  const drawn = (/** @type {string} */ text, n = 48) => {
    const { axes, transposed } = layer(text)
    const { inputs, outputs, wires } = wiring(axes[0], n, transposed)
    return [inputs, outputs, wires.length]
  }
  assert.deepEqual(drawn('nn.Conv1d(1, 1, kernel_size=3)'), [9, 7, 21])
  assert.deepEqual(drawn('nn.Conv1d(1, 1, kernel_size=3, stride=2)'), [9, 4, 12])
  assert.deepEqual(drawn('nn.Conv1d(1, 1, kernel_size=48)'), [48, 1, 48])
  assert.deepEqual(drawn('nn.Conv1d(1, 1, kernel_size=3)', 4), [4, 2, 6])
  assert.deepEqual(drawn('nn.ConvTranspose1d(1, 1, kernel_size=4, stride=2, padding=1)'), [5, 10, 18])
  assert.deepEqual(drawn('nn.ConvTranspose1d(1, 1, kernel_size=3, padding=6)'), [11, 1, 3])
})
