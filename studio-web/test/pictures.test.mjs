import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PHOTOGRAPH, Pictures } from '../src/convolution/pictures.mjs'

const plain = (/** @type {number} */ grey) => ({ title: `all ${grey}`, height: 2, width: 2, rgb: new Uint8Array(12).fill(grey) })
const look = (/** @type {string} */ picture) => ({ picture, side: 2, crop: null, shift: [0, 0] })

test('two apps in one module have each its own photograph and its own pictures', () => {
  const [one, two] = [new Pictures(), new Pictures()]
  one.hold(plain(10), PHOTOGRAPH)
  assert.equal(two.isHeld(PHOTOGRAPH), false)
  two.hold(plain(200), PHOTOGRAPH)
  const own = one.hold(plain(90))
  assert.equal(one.sample(look(PHOTOGRAPH))?.planes[0][0], 10)
  assert.equal(two.sample(look(PHOTOGRAPH))?.planes[0][0], 200)
  assert.equal(two.called(own), undefined)
  assert.deepEqual(two.own(), [])
})

test('of many own pictures the oldest go, those that are shown stay', () => {
  /** @type {string[]} */
  const shown = []
  const pictures = new Pictures(() => shown)
  pictures.hold(plain(1), PHOTOGRAPH)
  const names = [pictures.hold(plain(2)), pictures.hold(plain(3))]
  shown.push(names[0])
  for (let grey = 4; grey < 24; grey++) names.push(pictures.hold(plain(grey)))
  const kept = pictures.own().map(({ name }) => name)
  assert.deepEqual(kept, [names[0], ...names.slice(-7)])
  assert.ok(pictures.isHeld(PHOTOGRAPH))
  assert.equal(pictures.sample(look(names[1])), null)
})

test('a picture that is read anew is sampled anew, and none is left after the end', () => {
  const pictures = new Pictures()
  pictures.hold(plain(10), PHOTOGRAPH)
  assert.equal(pictures.sample(look(PHOTOGRAPH))?.planes[0][0], 10)
  pictures.hold(plain(20), PHOTOGRAPH)
  assert.equal(pictures.sample(look(PHOTOGRAPH))?.planes[0][0], 20)
  pictures.drop()
  assert.equal(pictures.sample(look(PHOTOGRAPH)), null)
  assert.deepEqual(pictures.own(), [])
})
