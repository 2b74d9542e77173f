import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ZERO, contrast, entry, grey, ink, magma, rgb, signed, signedEntry } from '../src/core/colour.mjs'
import { computed } from '../src/core/arithmetic.mjs'
import { forward } from '../src/core/forward.mjs'
import { count, exact, short } from '../src/core/number.mjs'
import { parseRecipe } from '../src/core/recipe.mjs'

test('a number has three significant digits, a true minus and no torn ends', () => {
  const right = { 0: '0', 0.25: '0.25', '-0.125': '−0.125', 118: '118', 118.4: '118', 99.96: '100', 12345: '12345', 1234567: '1.23e6', '-0.00012': '−1.2e−4', 2e6: '2e6', 1e21: '1e21', 0.001: '0.001', 999.9: '1000' }
  for (const [value, text] of Object.entries(right)) assert.equal(short(Number(value)), text)
  assert.equal(short(-0), '0')
  assert.equal(short(NaN), 'NaN')
  assert.equal(short(-Infinity), '−∞')
  assert.equal(exact(-0.1), '−0.1')
  assert.equal(count(1234567), '1,234,567')
})

test('the middle of a signed palette is 0 exactly, and both sides are equally far', () => {
  assert.deepEqual(rgb(signed('light'), ZERO), [0xf6, 0xf5, 0xf0])
  assert.deepEqual(rgb(signed('dark'), ZERO), [0x26, 0x26, 0x2b])
  assert.deepEqual(rgb(signed('light'), signedEntry(-2, 2)), [0x21, 0x66, 0xac])
  assert.deepEqual(rgb(signed('light'), signedEntry(2, 2)), [0xd9, 0x60, 0x0f])
  for (const value of [0.1, 0.5, 1, 7]) assert.equal(signedEntry(value, 3) - ZERO, ZERO - signedEntry(-value, 3))
  assert.equal(signedEntry(0, 0), ZERO)
  assert.equal(signedEntry(NaN, 1), ZERO)
})

test('a palette without sign runs from low to high', () => {
  assert.deepEqual([entry(-1, 0, 4), entry(2, 0, 4), entry(9, 0, 4), entry(1, 1, 1)], [0, 128, 255, 0])
  assert.deepEqual(rgb(grey, 100), [100, 100, 100])
  assert.deepEqual(rgb(magma, 255), [252, 253, 191])
})

test('the ink of a cell is legible on every colour of every palette', () => {
  for (const colours of [grey, magma, signed('light'), signed('dark')])
    for (let at = 0; at < 256; at++) {
      const ground = rgb(colours, at)
      const number = Number.parseInt(ink(...ground).slice(1), 16)
      assert.ok(contrast(ground, [number >> 16, (number >> 8) & 255, number & 255]) >= 4, String(ground))
    }
})

test('a wrong part of a line is pointed at, where it was typed', () => {
  const text = ' conv = nn.Conv2d（3，8，kernel_size＝K，padding＝1）'
  const { at } = /** @type {{ at: [number, number] }} */ (parseRecipe(text))
  assert.equal(text.slice(...at), 'K')
})

test('a picture of 3 x 128 x 128 under a kernel of 7 x 7 takes less than a frame or so', () => {
  const { conv } = /** @type {{ conv: import('../src/types').Conv }} */ (parseRecipe('Conv2d(3, 1, 7, padding=3)'))
  const input = { data: new Float64Array(3 * 128 * 128).fill(1), shape: [3, 128, 128] }
  const weight = { data: new Float64Array(147).fill(1), shape: [1, 3, 7, 7] }
  const seconds = Array.from({ length: 5 }, () => {
    const start = performance.now()
    assert.equal(forward(conv, input, weight, null).data[64 * 128 + 64], 147)
    return performance.now() - start
  })
  assert.ok(Math.min(...seconds) < 20, String(seconds))
})

test('whole numbers are worked out as Python does, exactly or not at all', () => {
  assert.equal(computed([3, 1], ['-']), 2)
  assert.equal(computed([1, 2, 3, 8, 3, 2], ['+', '*', '-', '//', '//']), 6)
  assert.equal(computed([-7, 2], ['//']), -4)
  assert.equal(computed([2 ** 53 - 1, 2 ** 53 - 1, 1], ['*', '//']), null)
  assert.equal(computed([1, 0], ['//']), null)
  assert.equal(computed([1, 2], ['/']), null)
})
