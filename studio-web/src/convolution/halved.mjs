import { outputSize, pads } from '../core/axis.mjs'
import { inputShape } from './input.mjs'

/** Whether a layer halves its picture, and padding=1 and 'same' do so with windows in other places.
 * @param {import('./slice.mjs').Slice} slice @param {import('./pictures.mjs').Pictures} pictures */
export function isHalvedApart(slice, pictures) {
  const { conv } = slice
  if (conv.transposed) return false
  const sizes = inputShape(pictures, slice).slice(1)
  return conv.axes.every((axis, i) => {
    const [byNumber, bySame] = [/** @type {[number, number]} */ ([1, 1]), 'same'].map((padding) => ({ ...axis, padding }))
    const used = String(pads(axis, sizes[i]))
    const same = pads(bySame, sizes[i])
    return axis.stride === 2 && String(same) !== '1,1' && outputSize(byNumber, sizes[i]) === outputSize(bySame, sizes[i]) &&
      (used === '1,1' || used === String(same))
  })
}
