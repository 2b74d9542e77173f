import { say } from '../core/sentence.mjs'
import { kernelNamed } from '../core/kernels.mjs'
import { sideOf } from '../core/learning.mjs'

/** What may be wanted of a picture, in words: a kernel makes it; of `cut` ones, what is below 0 becomes 0, so that no
 * single kernel does.
 * @typedef {{ name: string, title: string, kernel: number[], cut?: boolean }} Wish */

/** @param {string} name */
const named = (name) => kernelNamed(name)?.data ?? []

const BINOMIAL = [1, 4, 6, 4, 1]

/** @type {Wish[]} */
export const WISHES = [
  { name: 'sobel-x', title: say('Make edges glow'), kernel: named('sobel-x') },
  { name: 'sobel-y', title: say('Make level edges glow'), kernel: named('sobel-y') },
  { name: 'blur', title: say('Blur it'), kernel: named('box:3') },
  { name: 'soft', title: say('Blur it softly, over 5×5'), kernel: BINOMIAL.flatMap((down) => BINOMIAL.map((across) => (down * across) / 256)) },
  { name: 'smear', title: say('Smear it, over 5×5'), kernel: named('motion:5') },
  { name: 'sharpen', title: say('Sharpen it'), kernel: named('sharpen') },
  { name: 'emboss', title: say('Make it a relief'), kernel: named('emboss') },
  { name: 'spots', title: say('Show spots and fine lines'), kernel: named('laplacian-8') },
  { name: 'rising', title: say('Only where it gets brighter: max(0, edges)'), kernel: named('sobel-x'), cut: true },
]

/** What is wanted. @param {import('./slice.mjs').Slice} slice @returns {Wish} */
export function wishOf({ wish, target }) {
  if (wish === 'own' && target) return { name: 'own', title: say('your own kernel'), kernel: target }
  return WISHES.find(({ name }) => name === wish) ?? WISHES[0]
}

/** The same wish with one tap changed. @param {Wish} wish @param {number} tap @param {number} value */
export const withTap = ({ kernel }, tap, value) => ({ wish: 'own', target: kernel.map((before, i) => (i === tap ? value : before)) })

/** An own kernel of another size: what fits stays, in the middle. @param {Wish} wish @param {number} side */
export function resized({ kernel }, side) {
  const before = sideOf(kernel)
  const shift = (before - side) / 2
  const at = (/** @type {number} */ row, /** @type {number} */ column) => (row < 0 || column < 0 || row >= before || column >= before ? 0 : kernel[row * before + column])
  return { wish: 'own', target: Array.from({ length: side * side }, (_, i) => at(Math.floor(i / side) + shift, (i % side) + shift)) }
}
