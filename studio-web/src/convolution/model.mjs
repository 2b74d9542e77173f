/** A slice of the state with its numbers: what the stage draws and the explanation explains. */
import { check, outputShape, padsOf, weightShape } from '../core/conv.mjs'
import { inputNote, inputOf, inputShape } from './input.mjs'
import { tooLarge } from './limits.mjs'
import { startOutput } from './output.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice @typedef {import('../types').Numbers} Numbers
 * @typedef {import('./pictures.mjs').Pictures} Pictures
 * @typedef {{ conv: import('../types').Conv, input: Numbers, weight: Numbers, bias: Float64Array | null, output: Numbers,
 *   pads: [number, number][], note: import('../types').Words | null, isReady: boolean }} Model */

/** The last models of an app's pictures.
 * @type {WeakMap<Pictures, { slice: Slice, input: Numbers, model: Model, work: ReturnType<typeof startOutput> }[]>} */
const recent = new WeakMap()
const KEPT = 3
const SAME = /** @type {const} */ (['conv', 'weight', 'bias'])

/** Why a slice has no model: a kernel larger than its input, more numbers than a page can draw; null where it has one.
 * @param {Pictures} pictures @param {Slice} slice */
export function refusalOf(pictures, slice) {
  const shape = inputShape(pictures, slice)
  return check(slice.conv, shape) ?? tooLarge(shape) ?? tooLarge(outputShape(slice.conv, shape))
}

/** The numbers of a slice; the same object while nothing of it changes. Null where there are none: the picture is not
 * here yet, or `refusalOf` says why. A large layer's channels are summed piece by piece: ask again until `isReady`.
 * @param {Pictures} pictures @param {Slice} slice @returns {Model | null} */
export function modelOf(pictures, slice) {
  if (refusalOf(pictures, slice)) return null
  const input = inputOf(pictures, slice)
  if (!input) return null
  const known = recent.get(pictures)?.find((one) => one.input === input && SAME.every((key) => one.slice[key] === slice[key]))
  if (!known) return fresh(pictures, slice, input)
  if (!known.model.isReady) known.model = { ...known.model, isReady: known.work.go(slice.out) }
  return known.model
}

/** @param {Pictures} pictures @param {Slice} slice @param {Numbers} input @returns {Model} */
function fresh(pictures, slice, input) {
  const { conv } = slice
  const former = recent.get(pictures) ?? []
  const weight = { data: Float64Array.from(slice.weight), shape: weightShape(conv) }
  const bias = conv.bias ? Float64Array.from(slice.bias) : null
  const before = former.find((one) => one.input === input && one.slice.conv === conv)?.work
  const work = startOutput(conv, input, weight, bias, before)
  const isReady = work.go(slice.out)
  const pads = /** @type {[number, number][]} */ (padsOf(conv, input.shape))
  const model = { conv, input, weight, bias, output: work.output, pads, note: inputNote(slice), isReady }
  recent.set(pictures, [{ slice, input, model, work }, ...former.slice(0, KEPT - 1)])
  return model
}
