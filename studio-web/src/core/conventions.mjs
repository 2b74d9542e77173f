import { half, outputSize, pads, reach, reads } from './axis.mjs'
import { PADDING } from './borders.mjs'
import { say, words } from './sentence.mjs'
import { writeRecipe } from './spell.mjs'

export { MODES, MODE_WORDS, PADDING, constantOf, modeName, paddingWord, sourceIndex } from './borders.mjs'

/** @typedef {import('../types').Axis} Axis @typedef {import('../types').Words} Words */
/** @typedef {[number, number]} Pads */
/**
 * @typedef {object} Convention One convention on an axis of n inputs; windows are [first, last] input, outside where padding.
 * @property {string} key number, torch_same, or a padding word
 * @property {string} name
 * @property {boolean} refused PyTorch refuses 'same' at a stride: then there are no numbers
 * @property {Pads} pads @property {number} output @property {Pads} first @property {Pads} last
 * @property {number} shift inputs that its windows begin earlier than TensorFlow's SAME
 * @property {string[]} torch lines of PyTorch @property {string} kaiyan the line of kaiyan
 */

/** The rows of `kaiyan padding`: an axis under every convention; one whose window does not fit has no row.
 * @param {Axis} axis @param {number} n @param {number} [rank] of the layers in the lines of code @returns {Convention[]} */
export function conventionsFor(axis, n, rank = 2) {
  const keys = ['number', 'torch_same', 'same', 'same_lower', 'causal', 'valid']
  return keys.flatMap((key) => conventionOf(key, axis, n, rank) ?? [])
}

/** The axis as a convention pads it. @param {string} key @param {Axis} axis @returns {Axis} */
export function padded(key, axis) {
  /** @type {Record<string, Axis['padding']>} */
  const paddings = { number: [half(axis), half(axis)], torch_same: 'same', valid: [0, 0] }
  return { ...axis, padding: paddings[key] ?? key, output_padding: 0 }
}

/** Remainders of the size, divided by the stride, at which half the kernel pads as SAME does.
 * @param {Axis} axis @returns {number[]} */
export function agreeing(axis) {
  const number = padded('number', axis)
  const word = padded('same', axis)
  const sizes = Array.from({ length: axis.stride }, (_, r) => r)
  return sizes.filter((r) => String(pads(number, axis.stride + r)) === String(pads(word, axis.stride + r)))
}

/** Whether half the kernel is 'same', here and at which sizes, in sentences.
 * @param {Axis} axis @param {number} n @returns {Words[]} */
export function verdict(axis, n) {
  const rows = conventionsFor(axis, n)
  const number = /** @type {Convention} */ (rows.find(({ key }) => key === 'number'))
  const word = /** @type {Convention} */ (rows.find(({ key }) => key === 'same'))
  const agree = agreeing(axis)
  const facts = {
    number: half(axis), n, stride: axis.stride, output: word.output, other: number.output, shift: number.shift,
    pads: word.pads, remainders: agree.join(', '),
  }
  return [words(here(number, word), facts), words(always(agree, axis.stride), facts)]
}

/** @param {Convention} number @param {Convention} word */
function here(number, word) {
  if (String(number.pads) === String(word.pads)) return say("padding={number} is 'same' here: both pad {pads}")
  if (number.output !== word.output)
    return say("padding={number} is not 'same': it gives {other} outputs, 'same' gives {output}")
  return say("padding={number} is not 'same': both give {output} outputs, but its windows begin {shift} earlier")
}

/** @param {number[]} agree @param {number} stride */
function always(agree, stride) {
  if (!agree.length) return say("padding={number} is 'same' at no size")
  if (agree.length === stride) return say("padding={number} is 'same' at every size")
  return say("padding={number} is 'same' at sizes that leave {remainders} when divided by {stride}")
}

/** @param {string} key @param {Axis} axis @param {number} n @param {number} rank @returns {Convention | null} */
function conventionOf(key, axis, n, rank) {
  /** @type {Record<string, string>} */
  const own = { number: `PyTorch padding=${half(axis)}`, torch_same: "PyTorch 'same'" }
  const name = own[key] ?? PADDING[key].title
  const here = padded(key, axis)
  if (key === 'torch_same' && axis.stride > 1)
    return { key, name, refused: true, pads: [0, 0], output: 0, first: [0, 0], last: [0, 0], shift: 0, torch: [], kaiyan: '' }
  const [before, after] = pads(here, n)
  if (n + before + after < reach(axis)) return null
  const output = outputSize(here, n)
  const [first, last] = [0, output - 1].map((o) => /** @type {Pads} */ (ends(reads(here, o, before))))
  const shift = before - pads(padded('same', axis), n)[0]
  return { key, name, refused: false, pads: [before, after], output, first, last, shift, ...codeOf(key, here, [before, after], rank) }
}

/** @param {string} key @param {Axis} axis @param {Pads} sides @param {number} rank */
function codeOf(key, axis, sides, rank) {
  const layer = (/** @type {Axis['padding']} */ padding) => writeRecipe(layerOf({ ...axis, padding }, rank)).replace('d(1, 1, ', 'd(C, K, ')
  const bare = layer([0, 0])
  const kaiyan = layer(axis.padding).replace(/^(kaiyan\.)?/, 'kaiyan.')
  if (key === 'number' || key === 'valid') return { torch: [layer(axis.padding)], kaiyan }
  if (key === 'torch_same') return { torch: [bare.replace(/\)$/, ", padding='same')")], kaiyan }
  const all = Array.from({ length: rank }, () => sides).flat()
  return { torch: [`x = F.pad(x, (${all.join(', ')}))`, bare], kaiyan }
}

/** @param {Axis} axis @param {number} rank @returns {import('../types').Conv} */
function layerOf(axis, rank) {
  const axes = Array.from({ length: rank }, () => axis)
  return { in_channels: 1, out_channels: 1, axes, groups: 1, bias: true, padding_mode: 'zeros', transposed: false }
}

/** @param {number[]} values */
const ends = (values) => [values[0], values[values.length - 1]]
