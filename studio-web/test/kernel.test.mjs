import assert from 'node:assert/strict'
import { test } from 'node:test'
import { numberOf, readRows, withPoint } from '../src/convolution/kernel/rows.mjs'
import { spectrumOf } from '../src/convolution/kernel/spectrum.mjs'
import { flipped, normalised, rotated, transposed } from '../src/convolution/kernel/turned.mjs'
import { KERNELS } from '../src/core/kernels.mjs'

const rows = (/** @type {string} */ text) => readRows(text).rows

test('rows are read as people write them', () => {
  const sobel = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
  assert.deepEqual(rows('1 0 -1; 2 0 -2; 1 0 -1'), sobel)
  assert.deepEqual(rows('[[ 1.  0. -1.]\n [ 2.  0. -2.]\n [ 1.  0. -1.]]'), sobel)
  assert.deepEqual(rows('torch.tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=torch.float32)'), sobel)
  assert.deepEqual(rows('１，０，－１；２，０，－２；１，０，－１'), sobel)
  assert.deepEqual(rows('1\t0\t−1\r\n2\t0\t−2\r\n1\t0\t−1\r\n'), sobel)
  assert.deepEqual(rows('1/2 * [[1, 2], [3, 4]]'), [[0.5, 1], [1.5, 2]])
  assert.deepEqual(rows('[[1, 2], [3, 4]] / 4'), [[0.25, 0.5], [0.75, 1]])
  assert.deepEqual(rows('1/9 -1e-3'), [[1 / 9, -0.001]])
})

test('what is no number is named, with an example', () => {
  assert.equal(readRows('1 a; 2 3').refused?.error.en, "'a' is not a number")
  assert.equal(readRows('').refused?.ways.length, 1)
  assert.match(readRows('1 2; 3').refused?.error.zh ?? '', /2, 1/)
  for (const text of ['np.ones((3, 3))', 'nn.Conv2d(1, 1, 3)', 'range(9)']) assert.equal(rows(text), null, text)
  for (const word of ['a', '', '1/0', '1e999', '--1', '1.2.3', '0x10', 'NaN', '1/2/3']) assert.ok(!Number.isFinite(numberOf(word)), word)
})

test('turns, by hand', () => {
  const grid = { sizes: /** @type {[number, number]} */ ([2, 3]), numbers: [1, 2, 3, 4, 5, 6] }
  assert.deepEqual(transposed(grid), { sizes: [3, 2], numbers: [1, 4, 2, 5, 3, 6] })
  assert.deepEqual(rotated(grid), { sizes: [3, 2], numbers: [4, 1, 5, 2, 6, 3] })
  assert.deepEqual(flipped(grid).numbers, [6, 5, 4, 3, 2, 1])
  assert.deepEqual(normalised([1, 2, 1]), [0.25, 0.5, 0.25])
  assert.deepEqual(normalised([-1, 0, 1]), [-0.5, 0, 0.5])
  assert.deepEqual(normalised([0, 0]), [0, 0])
})

test('the word for a frequency response is the one of the textbooks', () => {
  const kind = (/** @type {string} */ name) => {
    const { usual, make } = /** @type {import('../src/core/kernels.mjs').Kernel} */ (KERNELS.find((row) => row.name === name))
    const { shape, data } = make(usual)
    return spectrumOf(data, shape).kind
  }
  assert.match(kind('identity'), /alike/)
  for (const name of ['box', 'gaussian']) assert.match(kind(name), /low-pass/, name)
  for (const name of ['laplacian', 'laplacian-8']) assert.match(kind(name), /high-pass/, name)
  assert.match(kind('sharpen'), /sharpens/)
  for (const name of ['sobel-x', 'log']) assert.match(kind(name), /band-pass|high-pass/, name)
})

test('a decimal comma typed into one cell is no number, and what to write is said; the kernel keeps its size', () => {
  assert.deepEqual(['3,5', '−0,25', '，5', '3,5,7', '1 2', 'x'].map((word) => withPoint(word).map(({ en }) => en)), [['write 3.5'], ['write -0.25'], ['write .5'], [], [], []])
  assert.ok(Number.isNaN(numberOf('3,5')))
})
