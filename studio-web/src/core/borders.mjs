import { floatText } from './sentence.mjs'

/** @typedef {import('../types').Axis} Axis */
/** @typedef {[number, number]} Pads */
/**
 * @typedef {object} Padding One word of padding.
 * @property {string} title stands in tables
 * @property {(axis: Axis, n: number) => Pads} pads before and after an axis of n inputs
 * @property {(axis: Axis) => Pads} crop what a transposed axis takes away
 * @property {boolean} keepsSize n inputs give ⌈n / stride⌉ outputs, transposed n·stride
 * @property {string[]} names of other libraries
 */

/** Inputs from the first tap to the last, both counted. @param {Axis} axis */
export const reach = (axis) => axis.dilation * (axis.kernel - 1) + 1

/** @param {Axis} axis @param {number} n @returns {Pads} */
function same(axis, n) {
  const windows = Math.ceil(n / axis.stride)
  const total = Math.max((windows - 1) * axis.stride + reach(axis) - n, 0)
  return [Math.floor(total / 2), Math.ceil(total / 2)]
}

/** @param {Axis} axis @returns {Pads} */
function cropSame(axis) {
  const total = reach(axis) - axis.stride
  const before = Math.floor(Math.max(total, 0) / 2)
  return [before, total - before]
}

/** @param {Axis} axis @returns {Pads} */
function cropSameLower(axis) {
  const total = reach(axis) - axis.stride
  const after = Math.floor(Math.max(total, 0) / 2)
  return total > 0 ? [total - after, after] : [0, total]
}

/** Every word of padding; the odd element of "same" stands after, that of "same_lower" before.
 * @type {Record<string, Padding>} */
export const PADDING = {
  valid: {
    title: 'valid, PyTorch padding=0',
    pads: () => [0, 0],
    crop: () => [0, 0],
    keepsSize: false,
    names: list('torch tf keras jax flax onnx openvino coreml paddle matlab scipy', 'valid'),
  },
  same: {
    title: 'TF SAME, ONNX SAME_UPPER',
    pads: same,
    crop: cropSame,
    keepsSize: true,
    names: ['same_upper', ...list('torch tf keras jax flax coreml paddle matlab', 'same'), ...list('onnx openvino', 'same_upper')],
  },
  same_lower: {
    title: 'ONNX SAME_LOWER',
    pads: (axis, n) => /** @type {Pads} */ (same(axis, n).reverse()),
    crop: cropSameLower,
    keepsSize: true,
    names: [...list('jax onnx openvino coreml', 'same_lower'), ...list('scipy opencv', 'same')],
  },
  causal: {
    title: 'causal',
    pads: (axis) => [reach(axis) - 1, 0],
    crop: (axis) => [0, reach(axis) - axis.stride],
    keepsSize: true,
    names: list('keras flax', 'causal'),
  },
}

/** What lies past the edge, one row a mode: which of n elements stands at a place; −1 where it is the constant.
 * @type {Record<string, { index: (place: number, n: number) => number, names: string[] }>} */
export const MODES = {
  zeros: {
    index: (place, n) => (place >= 0 && place < n ? place : -1),
    names: [...list('numpy jax tf onnx scipy', 'constant'), 'torch:zeros', 'scipy:grid-constant', 'opencv:border_constant'],
  },
  reflect: {
    index: (place, n) => n - 1 - Math.abs(modulo(place, Math.max(2 * (n - 1), 1)) - (n - 1)),
    names: [...list('torch numpy jax tf onnx', 'reflect'), 'scipy:mirror', ...list('opencv', 'border_reflect_101', 'border_default')],
  },
  replicate: {
    index: (place, n) => Math.min(Math.max(place, 0), n - 1),
    names: [...list('numpy jax onnx', 'edge'), ...list('torch matlab', 'replicate'), 'scipy:nearest', 'opencv:border_replicate'],
  },
  circular: {
    index: (place, n) => modulo(place, n),
    names: [...list('numpy jax onnx scipy', 'wrap'), ...list('torch matlab', 'circular'), 'scipy:grid-wrap', 'opencv:border_wrap'],
  },
  symmetric: {
    index: (place, n) => Math.floor((2 * n - 1 - Math.abs(2 * modulo(place, 2 * n) - (2 * n - 1))) / 2),
    names: [...list('numpy jax tf matlab', 'symmetric'), ...list('scipy', 'reflect', 'grid-mirror'), 'opencv:border_reflect'],
  },
}

/** The modes as they are written; the value of a constant stands in its brackets. */
export const MODE_WORDS = ['zeros', 'constant(v)', 'reflect', 'replicate', 'circular', 'symmetric']

/** Which of n elements stands at a place, below 0 or from n on as well; −1 where it is the constant.
 * @param {string} mode @param {number} place @param {number} n @returns {number} */
export function sourceIndex(mode, place, n) {
  return (MODES[mode] ?? MODES.zeros).index(place, n)
}

/** The value past the border in mode zeros or constant(v). @param {string} mode @returns {number} */
export function constantOf(mode) {
  const written = /^constant\((.*)\)$/.exec(mode)
  return written ? Number(written[1]) : 0
}

/** Our word for a padding word of ours or of a library; null where there is none.
 * @param {string} text @returns {string | null} */
export const paddingWord = (text) => ours(PADDING, text)

/** Our name for a padding mode of ours or of a library, a constant with its value; null where there is none.
 * @param {string} text @returns {string | null} */
export function modeName(text) {
  const number = /^constant\(\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*\)$/.exec(text.toLowerCase())
  if (!number) return ours(MODES, text)
  const digits = number[1].replaceAll('_', '')
  const value = Number(digits)
  if (value === 0) return 'zeros'
  return `constant(${/^[+-]?\d+$/.test(digits) ? value : floatText(value)})`
}

/** @param {number} value @param {number} size */
const modulo = (value, size) => ((value % size) + size) % size

/** @param {string} libraries @param {...string} names */
function list(libraries, ...names) {
  return libraries.split(' ').flatMap((library) => names.map((name) => `${library}:${name}`))
}

/** @param {Record<string, { names: string[] }>} table @param {string} text */
function ours(table, text) {
  const plain = (/** @type {string} */ name) => name.replaceAll(':', '_').replaceAll('-', '_')
  const lower = text.toLowerCase()
  if (Object.hasOwn(table, lower)) return lower
  return Object.keys(table).find((word) => table[word].names.some((name) => plain(name) === plain(lower))) ?? null
}
