import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signed, ZERO } from '../src/core/colour.mjs'
import { colours, corner, hit, paint, rows, sheet } from '../src/network/atlas.mjs'
import { blockOf, blocksOf } from '../src/network/blocks.mjs'
import { fieldOf, inside, onPicture, samePlace, span } from '../src/network/fields.mjs'
import { activity, deadCount, difference, ends, isDead, isSigned, likeness, order, setChannel, sharesEnds, valueAt, valuesOf } from '../src/network/maps.mjs'

/** Maps of given channels, as Python sends them.
 * @param {number[][]} channels values of each @param {number} height @param {number} width @returns {import('../src/network/types').Maps} */
function mapsOf(channels, height, width) {
  const zeros = () => new Float32Array(channels.length)
  const maps = {
    channels: channels.length, height, width,
    low: zeros(), high: zeros(), mean: zeros(), deviation: zeros(), nonzero: zeros(),
    bytes: new Uint8Array(channels.length * height * width),
  }
  channels.forEach((values, channel) => setChannel(maps, channel, Float64Array.from(values)))
  return maps
}

const RELU = mapsOf([[0, 0, 0, 0, 0, 0], [0, 1, 2, 3, 4, 5], [5, 5, 5, 5, 5, 0]], 2, 3)
const NORM = mapsOf([[-1, 0, 1, 2, 3, 4], [2, 2, 2, 2, 2, 2]], 2, 3)

test('a value is read from its byte to 1/255 of the span', () => {
  for (let i = 0; i < 6; i++) assert.ok(Math.abs(valueAt(RELU, 1, Math.floor(i / 3), i % 3) - i) <= 5 / 510 + 1e-6)
  assert.deepEqual([...valuesOf(RELU, 0)], [0, 0, 0, 0, 0, 0])
})

test('a channel is dead where it is zero, or the same, everywhere', () => {
  assert.equal(isDead(RELU, 0), true)
  assert.equal(isDead(RELU, 1), false)
  assert.equal(isDead(NORM, 1), true)
  assert.equal(deadCount(RELU), 1)
  assert.equal(isDead(mapsOf([[3]], 1, 1), 0), false)
})

test('channels are sorted by index, activity and variation, equal ones by index', () => {
  assert.deepEqual(order(RELU, 'index'), [0, 1, 2])
  assert.deepEqual(order(RELU, 'activity'), [2, 1, 0])
  assert.deepEqual(order(RELU, 'variation'), [2, 1, 0])
})

test('activity of signed maps is the mean size of their values', () => {
  assert.ok(Math.abs(activity(NORM)[0] - 11 / 6) < 0.02)
  assert.equal(activity(RELU), RELU.mean)
})

test('signed colours end equally far from 0, others begin at 0', () => {
  assert.equal(isSigned(NORM), true)
  assert.deepEqual(ends(NORM, 0), [-4, 4])
  assert.deepEqual(ends(RELU, 1), [0, 5])
  assert.deepEqual(ends(RELU, 0), [0, 1])
  assert.deepEqual(ends(RELU, null), [0, 5])
})

test('maps of one pixel share the ends of their layer: alone they would all be the highest', () => {
  assert.deepEqual([sharesEnds(mapsOf([[3], [4]], 1, 1), 'map'), sharesEnds(RELU, 'map'), sharesEnds(RELU, 'layer')], [true, false, true])
})

test('the byte of 0 has the middle colour of a signed palette', () => {
  const palette = new Uint32Array(signed('light').slice().buffer)
  const table = new Uint32Array(256)
  colours(palette, NORM, 0, [-4, 4], table)
  assert.equal(table[51], palette[ZERO])
  assert.equal(table[255], palette[2 * ZERO])
})

test('likeness is 1 with itself, −1 with its opposite, unknown between shapes', () => {
  assert.ok(Math.abs(/** @type {number} */ (likeness(NORM, NORM)) - 1) < 1e-9)
  const opposite = mapsOf([[1, 0, -1, -2, -3, -4], [-2, -2, -2, -2, -2, -2]], 2, 3)
  assert.ok(Math.abs(/** @type {number} */ (likeness(NORM, opposite)) + 1) < 1e-3)
  assert.equal(likeness(NORM, RELU), null)
  assert.equal(likeness(mapsOf([[0, 0]], 1, 2), mapsOf([[1, 0]], 1, 2)), null)
})

test('a difference of equal maps is zero, and signed always', () => {
  const none = difference(RELU, RELU)
  assert.equal(isSigned(none), true)
  assert.deepEqual([...valuesOf(none, 1)], [0, 0, 0, 0, 0, 0])
})

test('a sheet is square at most, and every pixel of a map is found where it is drawn', () => {
  for (const [count, height, width, side] of [[32, 112, 112, 74], [1152, 7, 7, 148], [3, 5, 9, 60], [1000, 1, 1, 74]]) {
    const layout = sheet(count, height, width, side)
    assert.ok(layout.width <= side && layout.height <= side + layout.tileHeight, `${count} ${layout.height}`)
    const [x, y] = corner(layout, count - 1)
    const maps = mapsOf([[0]], height, width)
    assert.deepEqual(hit(layout, count, maps, x, y), { slot: count - 1, row: 0, column: 0 })
    assert.equal(hit(layout, count, maps, -1, 0), null)
  }
})

test('maps that are drawn large are whole multiples of their pixels', () => {
  const layout = rows(40, 28, 28, 734, { height: 480, least: 28, gap: 4 })
  assert.equal(layout.tileWidth % 28, 0)
  assert.ok(layout.width <= 734)
})

test('painting larger repeats elements, painting smaller takes means', () => {
  const palette = Uint32Array.from({ length: 256 }, (_, i) => i)
  const maps = mapsOf([[0, 85, 170, 255]], 2, 2)
  const large = { columns: 1, rows: 1, tileWidth: 4, tileHeight: 4, gap: 0, width: 4, height: 4 }
  const pixels = new Uint32Array(16)
  paint(pixels, large, maps, [0], palette, () => [0, 255])
  assert.deepEqual([...pixels], [0, 0, 85, 85, 0, 0, 85, 85, 170, 170, 255, 255, 170, 170, 255, 255])
  const one = new Uint32Array(1)
  paint(one, { ...large, tileWidth: 1, tileHeight: 1, width: 1, height: 1 }, maps, [0], palette, () => [0, 255])
  assert.equal(one[0], 128)
})

test('layers stand in the block of their path', () => {
  const names = { conv1: '', 'layer1.0.conv1': 'layer1.0', 'layer1.0.downsample.0': 'layer1.0', '_blocks.3._bn1': '_blocks.3', 'blocks.2.1.conv_dw': 'blocks.2.1', 'features.0': 'features', 'features.3.conv.0.1': 'features.3', fc: '' }
  for (const [path, block] of Object.entries(names)) assert.equal(blockOf(path), block, path)
  const layers = /** @type {any[]} */ (['conv1', 'bn1', 'layer1.0.conv1', 'layer1.0.conv2', 'fc'].map((path) => ({ path })))
  assert.deepEqual(blocksOf(layers).map(({ name, layers: inside }) => [name, inside.length]), [['', 2], ['layer1.0', 2], ['', 1]])
})

test('a field is read from the ends of its row and its column, of its channel’s view', () => {
  const views = [Int32Array.from([0, 4, 2, 6, 1, 5, 3, 7, 5, 9]), Int32Array.from([0, 0, 1, 1, -1, -2, 0, 0, 1, 1])]
  const edges = /** @type {const} */ ({ status: 'exact', holes: false, lost: null, which: [0, 1], views })
  assert.deepEqual(fieldOf(edges, 2, { channel: 0, row: 1, column: 2 }), { rows: [2, 6], columns: [5, 9] })
  assert.equal(fieldOf(edges, 2, { channel: 1, row: 0, column: 0 }), null)
  assert.equal(fieldOf({ ...edges, status: 'unknown' }, 2, { channel: 0, row: 0, column: 0 }), null)
})

test('a field lies on the picture where the crop puts it', () => {
  const field = /** @type {import('../src/network/types').Field} */ ({ rows: [10, 19], columns: [-2, 7] })
  assert.deepEqual(onPicture(field, [32, 64, 448, 448], { height: 224, width: 224 }), [52, 60, 20, 20])
  assert.deepEqual(inside(field, { height: 15, width: 224 }), { rows: [10, 14], columns: [0, 7] })
  assert.deepEqual(span(field), [10, 10])
  assert.equal(samePlace(13, 28, 7), 3)
})
