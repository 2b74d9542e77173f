import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domain, geometry, indexOf, lift, lower, placeOf, room, unread, windowsAt, within } from '../src/stage/geometry.mjs'
import { channelOf } from '../src/stage/maps.mjs'
import { createPainting } from '../src/stage/painting.mjs'
import { gather, scatter } from '../src/core/terms.mjs'
import { forward } from '../src/core/forward.mjs'
import { padsOf } from '../src/core/conv.mjs'
import { parseRecipe } from '../src/core/recipe.mjs'
import { weightShape } from '../src/core/conv.mjs'

/** A model of a recipe with numbers that tell their place. @param {string} recipe @param {number[]} spatial */
export function modelOf(recipe, spatial) {
  const parsed = parseRecipe(recipe)
  if (!parsed.conv) throw new Error(JSON.stringify(parsed))
  const { conv } = parsed
  const numbers = (/** @type {number[]} */ shape) => ({
    shape, data: Float64Array.from({ length: shape.reduce((all, size) => all * size, 1) }, (_, i) => ((i * 37) % 23) - 11),
  })
  const input = numbers([conv.in_channels, ...spatial])
  const weight = numbers(weightShape(conv))
  const bias = conv.bias ? Float64Array.from({ length: conv.out_channels }, (_, i) => i + 0.5) : null
  return { conv, input, weight, bias, output: forward(conv, input, weight, bias), pads: padsOf(conv, input.shape) }
}

const RECIPES = /** @type {[string, number[]][]} */ ([
  ['nn.Conv2d(1, 1, 3, stride=2, padding=1)', [7, 8]],
  ['nn.Conv2d(2, 2, 3, dilation=2, groups=2)', [9, 9]],
  ['nn.Conv1d(1, 1, 5, padding=2)', [12]],
  ['nn.Conv3d(1, 1, 3, stride=2, padding=1)', [4, 6, 5]],
  ['nn.ConvTranspose2d(1, 2, 3, stride=2, padding=1)', [4, 5]],
  ['nn.ConvTranspose2d(1, 1, 4, stride=3, dilation=2, output_padding=1)', [3, 4]],
  ['nn.ConvTranspose1d(1, 1, 2, stride=3)', [5]],
])

test('the window covers what the products read, everywhere', () => {
  for (const [recipe, spatial] of RECIPES) {
    const model = modelOf(recipe, spatial)
    const shape = geometry(model)
    const sizes = domain(shape, 'gather')
    for (let index = 0; index < sizes.reduce((all, n) => all * n, 1); index++) {
      const place = placeOf(index, sizes)
      assert.equal(indexOf(place, sizes), index)
      const { input, kernel } = windowsAt(shape, place, 'gather')
      const terms = gather(model.conv, model.input, model.weight, 0, lower(place, shape.rank))
      const all = (/** @type {number[][]} */ places) => [0, 1, 2].map((axis) => [...new Set(places.map((each) => lift(each)[axis]))].sort((a, b) => a - b))
      if (!terms.length) assert.ok(input.some(({ cells }) => !cells.length))
      else {
        assert.deepEqual(input.map(({ cells }) => cells), all(terms.map((term) => term.place)), `${recipe} ${place}`)
        assert.deepEqual(kernel.map(({ cells }) => cells), all(terms.map(({ tap }) => tap)), `${recipe} ${place}`)
      }
    }
  }
})

test('an input cell is painted where scatter says, what is cut off left out', () => {
  const model = modelOf('nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)', [4, 5])
  const shape = geometry(model)
  const { output } = windowsAt(shape, [0, 0, 2], 'scatter')
  const painted = scatter(model.conv, model.input, model.weight, 0, [0, 2]).map(({ to }) => to)
  const expected = output[1].cells.flatMap((row) => output[2].cells.map((column) => [row, column])).filter(([row]) => row >= 0)
  assert.deepEqual(painted, expected)
  assert.deepEqual(room(shape, 'output', 1), { own: 7, before: 1, size: 9 })
})

test('what the stride drops at the end is known', () => {
  const { sides } = geometry(modelOf('nn.Conv2d(1, 1, 3, stride=2)', [8, 9]))
  assert.deepEqual(unread(sides[1]), [7, 8])
  assert.deepEqual(unread(sides[2]), [9, 9])
})

test('a place outside comes to the nearest inside', () => {
  assert.deepEqual(within([0, -3, 99], [1, 4, 5]), [0, 0, 4])
})

test('all inputs painted are the whole output, in any order of asking', () => {
  const recipes = /** @type {[string, number[]][]} */ ([
    ['nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, groups=2)', [4, 5]],
    ['nn.ConvTranspose3d(1, 2, 2, stride=2, bias=False)', [2, 3, 2]],
    ['nn.ConvTranspose1d(2, 1, 3, dilation=2, output_padding=1, stride=2)', [6]],
  ])
  for (const [recipe, spatial] of recipes) {
    const model = modelOf(recipe, spatial)
    const last = spatial.reduce((all, n) => all * n, 1) - 1
    for (let out = 0; out < model.conv.out_channels; out++) {
      const painting = createPainting(model, geometry(model), out)
      painting.to(1)
      const all = painting.to(last)
      assert.ok(all.every((value, at) => Math.abs(value - channelOf(model.output, out)[at]) < 1e-9), recipe)
      assert.deepEqual(painting.to(1), createPainting(model, geometry(model), out).to(1))
    }
  }
})
