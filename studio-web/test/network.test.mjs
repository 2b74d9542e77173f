import assert from 'node:assert/strict'
import { readFile, readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { at, nextChannel, pixelOf, step, toLayer } from '../src/network/moves.mjs'
import { createQuestions } from '../src/network/questions.mjs'
import { about, percent, pixelSays } from '../src/network/says.mjs'
import { fieldsFrom, lookFrom } from '../src/network/session.mjs'
import { sumFrom } from '../src/network/sums.mjs'
import { HELP } from '../src/network/keys.mjs'
import { START, fromLink, toLink } from '../src/network/slice.mjs'
import { CHINESE } from './chinese.mjs'

const LAYERS = /** @type {any[]} */ ([
  { index: 0, path: 'conv1', kind: 'Conv2d', channels: 2, height: 4, width: 6, sum: 'conv' },
  { index: 1, path: 'fc', kind: 'Linear', channels: 3, height: 1, width: 1, sum: 'linear' },
])
const STATISTICS = ['low', 'high', 'mean', 'deviation', 'nonzero']

/** A reply as Python gives it for LAYERS. */
function reply() {
  const maps = [new Uint8Array(48).fill(7), Uint8Array.from([0, 255, 128])]
  const told = Float32Array.from([0, 0, 1, 2, 0.5, 1.5, 0.1, 0.2, 1, 1, /* fc */ -1, -2, -3, 1, 2, 3, 0, 0, 0, 0, 0, 0, 1, 1, 1])
  return { facts: { crop: [0, 0, 8, 12], statistics: STATISTICS, top: null, seconds: 0.1 }, bytes: [new Uint8Array(24), ...maps, new Uint8Array(told.buffer)] }
}
const PICTURE = { name: 'photograph', title: 'photograph', height: 8, width: 12, rgb: new Uint8Array(288) }
const look = lookFrom(/** @type {any} */ ({ name: 'net', layers: LAYERS }), PICTURE, reply())

test('a look has every layer’s maps with what is told of their channels', () => {
  assert.equal(look.maps[0].bytes.length, 48)
  assert.deepEqual([...look.maps[0].mean], [0.5, 1.5])
  assert.deepEqual([...look.maps[1].low], [-1, -2, -3])
  assert.deepEqual([...look.maps[1].nonzero], [1, 1, 1])
})

test('fields come as ends of rows and columns', () => {
  const part = new Uint8Array(Int32Array.from([0, 2, 1, 3]).buffer)
  assert.deepEqual([...fieldsFrom({ facts: { layers: [{ status: 'exact', holes: false, views: 1 }] }, bytes: [part] })[0].views[0]], [0, 2, 1, 3])
})

test('a link keeps network, layer, channel, pixel and choices, and never a picture', () => {
  const slice = { ...START, ...fromLink(new URLSearchParams('network=net&layer=1&map=2&pixel=3,4&sort=activity&colours=magma&ends=layer&layers=blocks&panel=sum')), picture: 'own-1' }
  assert.deepEqual(
    [slice.name, slice.layer, slice.channel, slice.place, slice.sort, slice.palette, slice.scale, slice.filter, slice.panel],
    ['net', 1, 2, [3, 4], 'activity', 'magma', 'layer', 'blocks', 'sum'],
  )
  const link = new URLSearchParams(toLink(slice))
  assert.equal(link.toString().includes('own'), false)
  assert.deepEqual({ ...START, ...fromLink(link), picture: 'own-1' }, slice)
  assert.deepEqual(toLink(START), {})
})

test('what a link asks for without sense is left out', () => {
  const slice = { ...START, ...fromLink(new URLSearchParams('layer=-1&map=x&pixel=1&sort=up&panel=no')) }
  assert.deepEqual(slice, START)
})

test('the pixel in focus lies within the network; without a channel the most active is taken', () => {
  assert.equal(pixelOf(START, look), null)
  assert.deepEqual(pixelOf({ ...START, layer: 0 }, look), { layer: 0, channel: 1, row: 1, column: 2 })
  assert.deepEqual(pixelOf({ ...START, layer: 9, channel: 9, place: [9, 9] }, look), { layer: 1, channel: 2, row: 0, column: 0 })
})

test('keys move within the map, the order and the layers', () => {
  const pixel = { layer: 0, channel: 0, row: 0, column: 5 }
  assert.deepEqual(step(pixel, look, -1, 10), pixel)
  assert.deepEqual(step(pixel, look, 10, -1), { ...pixel, row: 3, column: 4 })
  assert.equal(nextChannel(pixel, look, 'activity', 1).channel, 0)
  assert.equal(nextChannel(pixel, look, 'activity', -1).channel, 1)
  assert.deepEqual(toLayer(pixel, look, 1), { layer: 1, channel: 1, row: 0, column: 0 })
  assert.deepEqual(toLayer(pixel, look, -5), pixel)
  assert.deepEqual(at(pixel), { layer: 0, channel: 0, place: [0, 5] })
})

test('a sentence says what a pixel sees', () => {
  const t = (/** @type {string} */ text, /** @type {any} */ facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name])
  const field = { rows: /** @type {[number, number]} */ ([-3, 30]), columns: /** @type {[number, number]} */ ([4, 9]) }
  assert.equal(
    pixelSays(t, { layer: 12, channel: 40, row: 3, column: 5 }, field, { height: 20, width: 20 }, '0.31'),
    'Layer 12, channel 40, row 3, column 5 sees rows 0–19, columns 4–9 of the picture: 0.31',
  )
})

test('shares and values are said as exactly as they are known', () => {
  assert.deepEqual([0, 0.0004, 0.034, 0.5].map(percent), ['0\u202f%', '< 0.1\u202f%', '3.4\u202f%', '50\u202f%'])
  assert.equal(about(0.31234, 1), '0.312')
  assert.equal(about(31.234, 255), '31')
})

test('a sum of Python is one of the strip: channels with their products and partial sums', () => {
  const bytes = [[1, 2, 3, 4], [10, 20, 30, 40]].map((numbers) => new Uint8Array(Float64Array.from(numbers).buffer))
  const facts = { groups: [{ channel: 5, partial: 50 }, { channel: 6, partial: 250 }], bias: 1, sum64: 301, shown: 301 }
  const sum = sumFrom({ facts, bytes: [...bytes, Uint8Array.from([1, 0, 0, 0])] })
  assert.equal(sum?.parts.length, 2)
  assert.deepEqual(sum?.parts[1].products.map(({ product }) => product), [90, 160])
  assert.equal(sum?.parts[0].products[0].padding, true)
  assert.equal(sumFrom({ facts, bytes: [] }), null)
})

test('a question is asked once for what it depends on; a newer one takes its place', async () => {
  let changes = 0
  const questions = createQuestions(() => changes++)
  /** @type {AbortSignal[]} */
  const signals = []
  const ask = (/** @type {string} */ answer) => async (/** @type {AbortSignal} */ signal) => {
    signals.push(signal)
    await new Promise((resolve) => setTimeout(resolve, 1))
    return answer
  }
  const first = questions.of('look', 'a', ask('A'))
  assert.equal(questions.of('look', 'a', ask('never')), first)
  const second = questions.of('look', 'b', ask('B'))
  assert.equal(signals[0].aborted, true)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual([second.state, second.value, changes], ['here', 'B', 1])
})

test('what failed or was given up is asked again when it is wanted again', async () => {
  const questions = createQuestions(() => {})
  const refusal = { code: 'network-unknown', words: { en: 'no', zh: '无' }, ways: [] }
  const fails = questions.of('open', 'x', async () => {
    throw Object.assign(new Error('no'), { refusal })
  })
  await new Promise((resolve) => setTimeout(resolve, 1))
  assert.deepEqual([fails.state, fails.refusal], ['failed', refusal])
  questions.forget()
  const again = questions.of('open', 'x', async () => 'here')
  assert.notEqual(again, fails)
  const slow = questions.of('slow', 'x', (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))))
  questions.cancel('slow')
  await new Promise((resolve) => setTimeout(resolve, 1))
  assert.equal(slow.state, 'cancelled')
})

test('texts that are chosen among, and those of the help, have their Chinese', async () => {
  const folder = new URL('../src/network/', import.meta.url)
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.mjs'))
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')))
  const chosen = sources.flatMap((source) => [...source.matchAll(/\bt\([^'`()]*\?\s*'([^']+)'\s*:\s*'([^']+)'/g)].flatMap(([, one, two]) => [one, two]))
  assert.ok(chosen.length > 4)
  assert.deepEqual([...chosen, ...HELP.map(([, what]) => what)].filter((text) => !(text in CHINESE)), [])
})

test('a tab that is taken down gives up all that it asked, and hears of nothing', async () => {
  let changes = 0
  const questions = createQuestions(() => changes++)
  /** @type {AbortSignal[]} */
  const signals = []
  const ask = async (/** @type {AbortSignal} */ signal) => {
    signals.push(signal)
    await new Promise((resolve, reject) => {
      setTimeout(resolve, 5)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  }
  questions.of('open', 'a', ask)
  questions.of('look', 'a', ask)
  questions.close()
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, true])
  assert.equal(changes, 0)
})
