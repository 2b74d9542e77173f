/** The convolution as a notebook's Python has it: the line, all weights, and the cell that is looked at. */
import { outputShape } from '../core/conv.mjs'
import { writeRecipe } from '../core/spell.mjs'
import { typed } from './typed.mjs'
import { inputShape } from './input.mjs'
import { modelOf } from './model.mjs'
import { biasOf } from './slice.mjs'

/** @typedef {import('../types').Shared} Shared @typedef {import('./slice.mjs').Slice} Slice
 * @typedef {import('./pictures.mjs').Pictures} Pictures */

/** What Python is told of the page.
 * @param {Slice} slice @returns {Pick<Shared, 'recipe' | 'kernel' | 'bias'>} */
export function toPython({ conv, weight, bias }) {
  return { recipe: writeRecipe(conv), kernel: bytes(weight), bias: conv.bias ? bytes(bias) : null }
}

/** Where the page looks, and what stands there; null while there is nothing to be seen.
 * @param {Pictures} pictures @param {Slice} slice @returns {Shared['window'] | null} */
export function windowOf(pictures, slice) {
  const model = modelOf(pictures, slice)
  if (!model?.isReady) return null
  const { shape, data } = model.output
  const place = [slice.out, ...slice.place]
  const index = place.reduce((before, at, axis) => before * shape[axis] + at, 0)
  return place.every((at, axis) => at < shape[axis]) ? { place, output: shape, value: data[index] } : null
}

/** Changes to the slice that Python asks for; numbers that it leaves out are the page's choice.
 * @param {Shared} shared @param {Slice} slice @returns {Partial<Slice>} */
export function fromPython({ recipe, kernel, bias }, slice) {
  const layer = recipe && recipe !== writeRecipe(slice.conv) ? typed(slice, recipe) : {}
  const { conv, weight, bias: bound } = { ...slice, ...layer }
  /** @type {Partial<Slice>} */
  const changes = { ...layer }
  const own = numbers(kernel)
  if (own?.length === weight.length && own.some((value, i) => value !== weight[i])) Object.assign(changes, { weight: own, kernel: 'own' })
  const biases = numbers(bias)
  if (conv.bias && biases?.length === biasOf(conv).length && String(biases) !== String(bound)) changes.bias = biases
  return changes
}

/** The cell that Python asks to look at, kept inside the output.
 * @param {Pictures} pictures @param {Shared['window']} window @param {Slice} slice @returns {Partial<Slice>} */
export function placeFromPython(pictures, { place, output }, slice) {
  if (output || place?.length !== slice.conv.axes.length + 1) return {}
  const shape = outputShape(slice.conv, inputShape(pictures, slice))
  const [out, ...cell] = place.map((at, axis) => Math.min(at, shape[axis] - 1))
  return { out, place: cell, playing: false }
}

/** @param {ArrayLike<number>} values */
const bytes = (values) => new DataView(Float64Array.from(values).buffer)

/** @param {DataView | null | undefined} view @returns {number[] | null} */
function numbers(view) {
  if (!view) return null
  return Array.from({ length: view.byteLength / 8 }, (_, i) => view.getFloat64(8 * i, true))
}
