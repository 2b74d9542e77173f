import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foundFrom, stagesFrom } from '../src/faces/arriving.mjs'
import { apart, most, nearest, share } from '../src/faces/distance.mjs'
import { fromLink, START, toLink } from '../src/faces/slice.mjs'

const bytesOf = (/** @type {Float32Array} */ numbers) => new Uint8Array(numbers.buffer)

test('squares add up to the distance: 3, 4 and nothing else make 5', () => {
  const found = apart(Float32Array.of(3, 1, 0), Float32Array.of(0, 1, 4))
  assert.deepEqual([...found.squares], [9, 0, 16])
  assert.equal(found.sum, 25)
  assert.equal(found.distance, 5)
  assert.deepEqual(most(found, 2), [2, 0])
  assert.equal(share(found, [2]), 0.64)
})

test('of several descriptions the nearest pair counts; where there is none, none', () => {
  const found = nearest([Float32Array.of(0), Float32Array.of(5)], [Float32Array.of(9), Float32Array.of(6)])
  assert.deepEqual([found?.one[0], found?.two[0], found?.distance], [5, 6, 1])
  assert.equal(nearest([], [Float32Array.of(1)]), null)
})

test('each face has its own chip and numbers', () => {
  const numbers = Float32Array.from({ length: 256 }, (_, i) => i)
  const photo = { id: 3, title: 'a', height: 1, width: 1, rgb: new Uint8Array(3), notes: [] }
  const face = { box: [0, 1, 2, 3], score: 1, points: [] }
  const { faces } = foundFrom(photo, { facts: { faces: [face, face], side: 1, published: 0.6 }, bytes: [Uint8Array.of(1, 2, 3, 4, 5, 6), bytesOf(numbers)] })
  assert.deepEqual([...faces[1].chip], [4, 5, 6])
  assert.equal(faces[1].numbers[0], 128)
  assert.equal(faces[1].key, 'photo 3 1')
})

test('stages come with their channels’ statistics, one stage after the other', () => {
  const layers = [{ channels: 2, height: 1, width: 1, reach: 7 }, { channels: 1, height: 1, width: 2, reach: 59 }]
  const told = bytesOf(Float32Array.of(1, 2, 10, 20, 3, 30))
  const [one, two] = stagesFrom({ facts: { layers, statistics: ['low', 'high'] }, bytes: [Uint8Array.of(0, 0), Uint8Array.of(0, 255), told] })
  assert.deepEqual([[...one.maps.low], [...one.maps.high]], [[1, 2], [10, 20]])
  assert.deepEqual([[...two.maps.low], [...two.maps.high], two.reach], [[3], [30], 59])
})

test('nothing of faces is in a link', () => {
  assert.deepEqual(toLink(), {})
  assert.deepEqual(fromLink(), {})
  assert.equal(START.shown, null)
})
