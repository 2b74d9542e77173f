import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRecipe } from '../src/core/recipe.mjs'
import { writeRecipe } from '../src/core/spell.mjs'
import { createHistory } from '../src/convolution/history.mjs'
import { withNamed, withNumber } from '../src/convolution/changes.mjs'
import { readLink } from '../src/convolution/linked.mjs'
import { formed, typed } from '../src/convolution/typed.mjs'
import { PRESETS, startedFrom } from '../src/convolution/presets.mjs'
import { legal } from '../src/convolution/recipe-form.mjs'
import { wholeNumber } from '../src/convolution/recipe-fields.mjs'
import { TERMS } from '../src/convolution/recipe-terms.mjs'
import { modelOf, refusalOf } from '../src/convolution/model.mjs'
import { Pictures } from '../src/convolution/pictures.mjs'
import { START, toLink } from '../src/convolution/slice.mjs'
import { changesOf } from '../src/convolution/ways.mjs'
import { CHINESE } from './chinese.mjs'

const conv = (/** @type {string} */ text) => /** @type {import('../src/types').Conv} */ (parseRecipe(text).conv)
const pictures = new Pictures()
const drawn = { ...START, picture: 'discs', side: 48, crop: null }

test('every preset makes a layer that fits its picture and comes back from its link', () => {
  for (const preset of PRESETS) {
    const slice = { ...drawn, ...startedFrom(drawn, preset), picture: 'discs' }
    assert.equal(refusalOf(pictures, slice), null, preset.name)
    assert.ok(modelOf(pictures, slice), preset.name)
    const back = { ...START, ...readLink(new URLSearchParams(toLink(slice))) }
    assert.deepEqual(back.weight, slice.weight, preset.name)
    assert.equal(writeRecipe(back.conv), writeRecipe(slice.conv), preset.name)
  }
})

test('a preset after any other leaves nothing of it', () => {
  for (const preset of PRESETS)
    for (const other of PRESETS) {
      const after = { ...drawn, ...startedFrom({ ...drawn, ...startedFrom(drawn, other) }, preset) }
      const alone = { ...drawn, ...startedFrom(drawn, preset) }
      for (const key of /** @type {const} */ (['conv', 'weight', 'bias', 'kernel', 'error'])) assert.deepEqual(after[key], alone[key], `${other.name} ${preset.name}`)
    }
})

test('the form makes legal layers only', () => {
  const grouped = conv('nn.Conv2d(8, 8, 3, groups=8)')
  assert.equal(legal({ ...grouped, out_channels: 6 }).groups, 2)
  const turned = legal({ ...conv("kaiyan.nn.Conv2d(2, 2, 3, padding_mode='symmetric', padding=1)"), transposed: true })
  assert.equal(turned.padding_mode, 'zeros')
  const enlarged = conv('nn.ConvTranspose2d(1, 1, 3, stride=3, output_padding=2)')
  const slower = legal({ ...enlarged, axes: enlarged.axes.map((axis) => ({ ...axis, stride: 2 })) })
  assert.deepEqual(slower.axes.map((axis) => axis.output_padding), [1, 1])
  assert.equal(formed(START, slower).error, null)
})

test('a way out that a button offers leads out', () => {
  const inner = { ...drawn, ...typed(drawn, 'nn.ConvTranspose2d(1, 1, 3, output_padding=4)') }
  for (const text of ['nn.Conv2d(1, 1, 60)', 'nn.ConvTranspose2d(1, 1, 3, output_padding=4)', "nn.Conv2d(1, 1, 3, padding_mode='mirror', padding=1)", 'nn.Conv2d(1.0, 1, 3)', 'nn.Conv2d(1, 1, 0)', 'nn.Conv2d(6, 4, 3, groups=4)']) {
    const slice = { ...drawn, ...typed(drawn, text) }
    const problem = slice.error ?? refusalOf(pictures, slice)
    assert.ok(problem, text)
    for (const way of problem.ways) {
      const changes = changesOf(pictures, slice, way.en)
      if (changes) assert.equal(refusalOf(pictures, { ...slice, ...changes }), null, `${text}: ${way.en}`)
    }
  }
  assert.ok(inner.error?.ways.some((way) => changesOf(pictures, inner, way.en)))
})

test('digits are read as any keyboard types them', () => {
  assert.deepEqual(['3', ' １２ ', '−1', '2.5', 'a', ''].map(wholeNumber), [3, 12, -1, NaN, NaN, NaN])
})

test('a named kernel of one output among several changes that output only', () => {
  const slice = { ...drawn, ...typed(drawn, 'nn.Conv2d(1, 3, 3)'), out: 1 }
  const changed = { ...slice, ...withNamed(slice, 'laplacian', true) }
  assert.deepEqual(changed.weight.slice(9, 18), [0, 1, 0, 1, -4, 1, 0, 1, 0])
  assert.deepEqual(changed.weight.slice(18), slice.weight.slice(18))
})

test('changes are taken back one by one, quick ones together', () => {
  let slice = START
  let time = 0
  const change = (/** @type {string | null} */ _, /** @type {object} */ changes) => void (slice = { ...slice, ...changes })
  const app = /** @type {any} */ ({ pictures, store: { get state() { return { convolution: slice } }, change } })
  const history = createHistory(app, () => time)
  const step = (/** @type {object} */ changes, /** @type {number} */ wait) => {
    time += wait
    change(null, changes)
    history.seen(slice)
  }
  step(withNumber(slice, 0, 5), 1000)
  step(withNumber(slice, 0, 6), 100)
  step({ side: 64 }, 1000)
  step({ place: [3, 3] }, 1000)
  history.undo()
  assert.equal(slice.side, START.side)
  assert.equal(slice.weight[0], 6)
  history.undo()
  assert.equal(slice.weight, START.weight)
  assert.equal(history.undo(), false)
  history.redo()
  assert.equal(slice.weight[0], 6)
  assert.deepEqual(slice.place, [3, 3])
})

test('a picture that is gone does not come back, what was changed with it does', () => {
  let slice = { ...START, picture: 'own-1' }
  const change = (/** @type {string | null} */ _, /** @type {object} */ changes) => void (slice = { ...slice, ...changes })
  const app = /** @type {any} */ ({ pictures, store: { get state() { return { convolution: slice } }, change } })
  const history = createHistory(app)
  change(null, { picture: 'dot', side: 32 })
  history.seen(slice)
  assert.equal(history.undo(), true)
  assert.equal(slice.picture, 'dot')
  assert.equal(slice.side, START.side)
})

test('every term of the form has its sentence in both languages', () => {
  for (const [word, sentence] of Object.entries(TERMS)) assert.ok(CHINESE[word] && CHINESE[sentence], word)
})

test('what is typed in a hurry has a way out that works', () => {
  const ways = (/** @type {string} */ text) => {
    const slice = { ...START, ...typed(START, text) }
    return slice.error?.ways.map((way) => changesOf(pictures, slice, way.en)?.recipe)
  }
  assert.deepEqual(ways('nn.conv2d(1,1,3)'), ['nn.Conv2d(1,1,3)'])
  assert.deepEqual(ways('nn.Conv2d(1,1,3);nn.Conv2d(1,1,3)'), ['nn.Conv2d(1,1,3)'])
  assert.deepEqual(ways('nn.Conv2d(in_channels=-1, out_channels=1, kernel_size=3)'), ['nn.Conv2d(in_channels=1, out_channels=1, kernel_size=3)'])
  assert.deepEqual(ways('nn.Conv2d(-1,1,3)'), ['nn.Conv2d(1,1,3)'])
  assert.deepEqual(ways('nn.Conv2d（3，-8，3，padding＝1）'), ['nn.Conv2d（3，1，3，padding＝1）'])
  assert.deepEqual(ways('nn.ConvTranspose2d(1, 1, 3, stride=2, output_padding=(3+1)//2)'), ['nn.ConvTranspose2d(1, 1, 3, stride=2, output_padding=1)'])
})
