import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forward } from '../src/core/forward.mjs'
import { padsOf, weightShape } from '../src/core/conv.mjs'
import { parseRecipe } from '../src/core/recipe.mjs'
import { speaker } from '../src/core/words.mjs'
import { lift, placeOf } from '../src/stage/geometry.mjs'
import { drawMoving } from '../src/stage/moving.mjs'
import { drawBase, gridsOf, lost } from '../src/stage/scene.mjs'
import { createShow, nowOf, placeNear, sceneOf, sumAt } from '../src/stage/show.mjs'
import { SvgPen } from '../src/stage/svg.mjs'

/** @type {import('../src/stage/look.mjs').Look} */
const LOOK = {
  theme: 'light', paper: '#fbfaf7', raised: '#ffffff', line: '#e4e1d9', ink: '#1d1d22', soft: '#5c5b66', faint: '#8b8a94', minus: '#2166ac',
  middle: '#f6f5f0', plus: '#d9600f', window: '#f2b705', good: '#1a7f4b', bad: '#b3261e', sans: 'sans-serif', mono: 'monospace',
}

/** @param {string} recipe @param {number[]} spatial @param {'gather' | 'scatter'} [view] @returns {import('../src/stage/show.mjs').StageView} */
function viewOf(recipe, spatial, view = 'gather') {
  const { conv } = parseRecipe(recipe)
  if (!conv) throw new Error(recipe)
  const numbers = (/** @type {number[]} */ shape, /** @type {number} */ turn) => ({
    shape, data: Float64Array.from({ length: shape.reduce((all, n) => all * n, 1) }, (_, i) => ((i * turn) % 29) - 9),
  })
  const input = numbers([conv.in_channels, ...spatial], 37)
  const weight = numbers(weightShape(conv), 11)
  const bias = conv.bias ? Float64Array.from({ length: conv.out_channels }, (_, i) => i / 4) : null
  const on = /** @type {any} */ ({})
  return {
    conv, input, weight, bias, output: forward(conv, input, weight, bias), pads: /** @type {any} */ (padsOf(conv, input.shape)),
    out: 0, channel: 0, place: spatial.map(() => 0), view, playing: false, speed: 1, zoom: 1, shift: [0, 0], on,
  }
}

const RECIPES = /** @type {[string, number[], ('gather' | 'scatter')?][]} */ ([
  ['nn.Conv2d(1, 1, 3, stride=2, padding=1)', [6, 7]],
  ['kaiyan.nn.Conv2d(2, 2, 3, padding=((2, 1), (0, 3)), padding_mode="symmetric")', [4, 5]],
  ['nn.Conv2d(2, 4, 3, padding=2, padding_mode="reflect", groups=2)', [5, 5]],
  ['nn.Conv2d(1, 1, 3, padding=2, padding_mode="circular", dilation=2)', [6, 6]],
  ['nn.Conv2d(1, 1, (1, 4), padding="same", padding_mode="replicate")', [3, 6]],
  ['kaiyan.nn.Conv2d(1, 1, 3, padding=1, padding_mode="constant(7)")', [4, 4]],
  ['nn.Conv1d(2, 1, 5, padding=2, stride=3)', [11]],
  ['nn.Conv3d(1, 2, (3, 2, 2), padding=(1, 0, 0))', [3, 4, 4]],
  ['nn.ConvTranspose2d(2, 2, 3, stride=2, padding=1)', [3, 4]],
  ['nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1)', [3, 4], 'scatter'],
  ['nn.ConvTranspose2d(1, 1, 2, stride=3, output_padding=1)', [3, 3]],
  ['nn.ConvTranspose1d(1, 1, 4, stride=2)', [5], 'scatter'],
  ['nn.ConvTranspose3d(1, 1, 3, stride=2, padding=1)', [2, 3, 3], 'scatter'],
])

/** @param {import('../src/stage/show.mjs').Show} show @param {number[]} place @param {number} depth @param {number} width */
function stageAt(show, place, depth, width) {
  const channel = show.front
  const scene = sceneOf(show, { place, depth, channel, out: 0, t: speaker('en'), look: LOOK, width, room: 400, ratio: 1, made: null })
  const { terms, sum } = sumAt(show, place, channel)
  const now = nowOf(show, { from: place, to: place, part: 0, depth, channel, terms, lit: null })
  return { scene, now, terms, sum, grids: gridsOf(scene, now.windows) }
}

test('the maps hold the numbers of the sum, padding too, at every place', () => {
  for (const [recipe, spatial, view] of RECIPES.filter(([, , kind]) => kind !== 'scatter')) {
    const show = createShow(viewOf(recipe, spatial, view))
    for (let index = 0; index < show.count; index++) {
      const place = placeOf(index, show.sizes)
      for (let depth = 0; depth < show.shape.sides[0].kernel; depth++) {
        const { scene, terms, grids, sum } = stageAt(show, place, depth, 800)
        for (const term of terms.filter((one) => one.channel === show.front && lift(one.tap)[0] === scene.slices[1] && lift(one.place)[0] === scene.slices[0])) {
          const [, row, column] = lift(term.place)
          const [top, left] = [1, 2].map((axis) => (show.shape.transposed ? 0 : show.shape.sides[axis].before))
          assert.equal(grids.input.value(row + top, column + left), term.value, `${recipe} ${place}`)
          const [, down, across] = lift(term.tap)
          assert.equal(grids.kernel.value(down, across), term.weight)
        }
        const own = grids.output.own ?? { top: 0, left: 0 }
        assert.ok(Math.abs(Number(grids.output.value(place[1] + own.top, place[2] + own.left)) - sum.exact) < 1e-9, `${recipe} ${place}`)
      }
    }
  }
})

test('every stage can be drawn as shapes and text, at every width', () => {
  for (const [recipe, spatial, view] of RECIPES) {
    const show = createShow(viewOf(recipe, spatial, view))
    for (const width of [288, 700, 1600])
      for (const index of [0, show.count >> 1, show.count - 1]) {
        const { scene, now, grids } = stageAt(show, placeOf(index, show.sizes), 0, width)
        const pen = new SvgPen(scene.seats.width, scene.seats.height)
        drawBase(pen, scene, grids)
        drawMoving(pen, scene, grids, now)
        const text = pen.text('#ffffff', recipe)
        assert.doesNotMatch(text, /NaN|undefined|Infinity|null/, `${recipe} at ${width}`)
        assert.equal(text.match(/<g/g)?.length ?? 0, text.match(/<\/g>/g)?.length ?? 0)
      }
  }
})

test('what a pointer touches has the window over it', () => {
  for (const [recipe, spatial, view] of RECIPES) {
    const show = createShow(viewOf(recipe, spatial, view))
    const { scene } = stageAt(show, placeOf(0, show.sizes), 0, 800)
    for (const name of /** @type {const} */ (['input', 'output'])) {
      const sheet = scene.sheets[name]
      for (let row = 0; row < sheet.rows; row++)
        for (let column = 0; column < sheet.columns; column++) {
          const place = placeNear(show, name, row, column, [0, 0, 0])
          assert.ok(place.every((at, i) => Number.isInteger(at) && at >= 0 && at < show.sizes[i]), `${recipe} ${name} ${row} ${column}`)
        }
    }
  }
})

test('the rows that the stride drops are counted, none of a transposed one', () => {
  assert.deepEqual(lost({ geometry: createShow(viewOf('nn.Conv2d(1, 1, 3, stride=2)', [6, 7])).shape }), { rows: 1, columns: 0 })
  assert.deepEqual(lost({ geometry: createShow(viewOf('nn.ConvTranspose2d(1, 1, 3, stride=2)', [6, 7])).shape }), { rows: 0, columns: 0 })
})

test('a channel that this output does not read cannot stand in front', () => {
  const view = viewOf('nn.Conv2d(4, 4, 3, groups=2)', [5, 5])
  assert.deepEqual([0, 3].map((out) => createShow({ ...view, out }).front), [0, 2])
  assert.equal(createShow({ ...view, out: 3, channel: 3 }).front, 3)
})
