import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forward } from '../src/core/forward.mjs'
import { parseRecipe } from '../src/core/recipe.mjs'
import { weightShape } from '../src/core/conv.mjs'
import { layered, withNumber } from '../src/convolution/changes.mjs'
import { readLink } from '../src/convolution/linked.mjs'
import { formed, typed } from '../src/convolution/typed.mjs'
import { exportsMenu, linkToFile } from '../src/convolution/exports.mjs'
import { modelOf, refusalOf } from '../src/convolution/model.mjs'
import { Pictures } from '../src/convolution/pictures.mjs'
import { START, fromLink, toLink } from '../src/convolution/slice.mjs'
import { speaker } from '../src/core/words.mjs'
import { sliceStart, weightCount, weightsFor } from '../src/convolution/weights.mjs'

const conv = (/** @type {string} */ text) => /** @type {import('../src/types').Conv} */ (parseRecipe(text).conv)
const pictures = new Pictures()
const drawn = { ...START, picture: 'discs', side: 16 }
const finished = (/** @type {any} */ slice) => {
  for (;;) {
    const model = modelOf(pictures, slice)
    if (!model || model.isReady) return /** @type {import('../src/convolution/model.mjs').Model} */ (model)
  }
}

const LAYERS = [
  'nn.Conv2d(3, 4, 3, stride=2, padding=1)', 'nn.Conv2d(4, 6, (3, 2), groups=2)', 'nn.Conv1d(3, 2, 5, dilation=2)',
  'nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2, output_padding=1)', 'nn.Conv3d(1, 2, 3, padding=1)',
  "kaiyan.nn.Conv2d(3, 3, 3, stride=2, padding='same', groups=3)", 'nn.Conv2d(1, 1, 1)',
]

test('the model is what the layer makes of the picture, channel by channel', () => {
  for (const text of LAYERS) {
    const slice = { ...drawn, ...typed(drawn, text) }
    const { input, output } = finished(slice)
    const expected = forward(slice.conv, input, { data: Float64Array.from(slice.weight), shape: weightShape(slice.conv) }, Float64Array.from(slice.bias))
    assert.deepEqual(output, expected, text)
  }
})

test('one number changed sums its channel anew and takes the others over', () => {
  const slice = { ...drawn, ...typed(drawn, LAYERS[0]) }
  finished(slice)
  const changed = { ...slice, ...withNumber(slice, 5, 7) }
  const expected = forward(changed.conv, finished(changed).input, { data: Float64Array.from(changed.weight), shape: [] }, null)
  assert.deepEqual(finished(changed).output.data, expected.data)
})

test('a layer of no channels is refused before it is drawn', () => {
  for (const text of ['nn.Conv2d(1, 0, 3)', 'nn.Conv2d(0, 1, 3)']) {
    const slice = { ...drawn, ...typed(drawn, text) }
    assert.match(slice.error?.error.en ?? '', /0 channels/)
    assert.deepEqual(slice.conv, drawn.conv)
  }
})

test('a state comes back from its link', () => {
  for (const text of LAYERS) {
    const slice = { ...drawn, ...typed(drawn, text), playing: false, zoom: 2 }
    const edited = { ...slice, ...withNumber(slice, 0, -0.125) }
    const back = /** @type {Record<string, any>} */ ({ ...START, ...readLink(new URLSearchParams(new URLSearchParams(toLink(edited)).toString())) })
    for (const key of ['conv', 'weight', 'bias', 'kernel', 'base', 'picture', 'side', 'zoom', 'playing']) assert.deepEqual(back[key], /** @type {any} */ (edited)[key], `${text} ${key}`)
  }
  assert.deepEqual(toLink(START), {})
})

test('the link of a page in a file names the piece of the picture, and keeps what other tabs say', () => {
  const back = readLink(new URLSearchParams(linkToFile(START, 'tab=network&layer=3')))
  assert.deepEqual(back.crop, START.crop)
  assert.equal(new URLSearchParams(linkToFile({ ...START, crop: null }, '')).get('crop'), 'all')
  assert.equal(new URLSearchParams(linkToFile(START, 'tab=network&layer=3')).get('layer'), '3')
  assert.equal(new URLSearchParams(linkToFile({ ...drawn, ...typed(drawn, LAYERS[0]) }, '')).get('conv'), LAYERS[0].replace('4, 3,', '4, kernel_size=3,'))
})

test('a link of rubbish breaks nothing', () => {
  const rubbish = ['conv=nn.Conv2d(9e9,1,3)&kernel=__proto__&edits=1_x', 'side=1e9&crop=1_2&out=99&at=1_2_3_4', 'edits=99999_1_-1_2_0.5_1&bias=1_2', 'conv=nn.Conv2d(4000,4000,7)', 'zoom=Infinity&speed=-1&moved=a_b&guide=<b>', 'image=own-3&in=-1', '%E0%A4%A']
  for (const text of rubbish) {
    const slice = { ...START, ...readLink(new URLSearchParams(text)) }
    assert.equal(slice.weight.length, weightCount(slice.conv), text)
    assert.ok(modelOf(pictures, { ...slice, picture: 'dot' }), text)
  }
})

test('what is wrong with a line stays beside it, the layer stays', () => {
  const changes = typed(START, 'nn.Conv2d(1, 1, 3, groups=2)')
  assert.equal(changes.conv, undefined)
  assert.equal(changes.recipe, 'nn.Conv2d(1, 1, 3, groups=2)')
  assert.match(changes.error?.error.en ?? '', /groups=2 does not divide/)
  assert.match(refusalOf(pictures, { ...drawn, ...typed(drawn, 'nn.Conv2d(1, 1, 41)') })?.error.en ?? '', /reaches over 41/)
})

test('a slice changed by hand is kept when the kernel grows and shrinks', () => {
  const changed = { ...START, ...withNumber(START, 4, 9) }
  const grown = { ...changed, ...formed(changed, conv('nn.Conv2d(1, 2, 5, padding=2)')) }
  assert.equal(grown.weight[12], 9)
  assert.deepEqual(grown.weight.slice(25), weightsFor(grown.conv, grown.base).slice(25))
  assert.equal({ ...grown, ...layered(grown, conv('nn.Conv2d(1, 1, 3)')) }.weight[4], 9)
})

test('slices of a transposed layer start where torch has them', () => {
  assert.equal(sliceStart(conv('nn.ConvTranspose2d(4, 6, 2, groups=2)'), 4, 1), (3 * 3 + 1) * 4)
})

test('a link holds 600 changed weights and says that it holds no more; a page in a file holds all', () => {
  const wide = { ...START, ...typed(START, 'nn.Conv2d(3, 64, 7)') }
  const own = { ...wide, kernel: 'own', weight: wide.weight.map((value, i) => value + i + 1) }
  const app = /** @type {any} */ ({ t: speaker('en'), host: { kind: 'served' } })
  assert.match(textOf(exportsMenu(app, own, async () => new Blob())), /the link holds 600 of the 9,408 weights you changed; the JSON holds all/)
  assert.match(textOf(exportsMenu(app, wide, async () => new Blob())), /the link holds all settings/)
  const back = readLink(new URLSearchParams(toLink(own)))
  assert.deepEqual(back.weight?.slice(0, 601), [...own.weight.slice(0, 600), wide.weight[600]])
  assert.deepEqual(readLink(new URLSearchParams(linkToFile(own, ''))).weight, own.weight)
})

test('what a link asks for is kept as it is written until it is read', () => {
  const slice = { ...START, ...fromLink(new URLSearchParams('conv=nn.Conv2d(3, 8, 5)&side=32&tab=network&layer=3')) }
  assert.deepEqual(slice.unread, { conv: 'nn.Conv2d(3, 8, 5)', side: '32' })
  assert.deepEqual(toLink(slice), slice.unread)
  const read = { ...slice, ...readLink(new URLSearchParams(slice.unread ?? {})) }
  assert.equal(read.recipe, 'nn.Conv2d(3, 8, kernel_size=5)')
  assert.equal(read.unread, null)
  assert.deepEqual(fromLink(new URLSearchParams('tab=network&layer=3')), {})
})

/** What a template says. @param {any} template @returns {string} */
const textOf = (template) => (Array.isArray(template) ? template.map(textOf).join('') : template?.values ? template.values.map(textOf).join(' ') : String(template))
