import { repr } from './sentence.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Axis} Axis */

const IN_TORCH = ['zeros', 'reflect', 'replicate', 'circular']
const DEFAULTS = /** @type {Record<string, unknown>} */ ({
  stride: 1, padding: 0, output_padding: 0, dilation: 1, groups: 1, bias: true, padding_mode: 'zeros',
})

/** One line of code: a layer of PyTorch where PyTorch can say it, else of kaiyan.nn.
 * @param {Conv} conv @returns {string} */
export function writeRecipe(conv) {
  const kind = `nn.Conv${conv.transposed ? 'Transpose' : ''}${conv.axes.length}d`
  const named = Object.entries(spelled(conv)).map(([name, value]) => `${name}=${repr(value)}`)
  return `${torchCanSay(conv) ? '' : 'kaiyan.'}${kind}(${[conv.in_channels, conv.out_channels, ...named].join(', ')})`
}

/** Whether a layer of torch.nn says it all. @param {Conv} conv */
export function torchCanSay(conv) {
  if (!IN_TORCH.includes(conv.padding_mode)) return false
  if (conv.axes.some(({ padding }) => typeof padding === 'string'))
    return !conv.transposed && conv.axes.every(({ padding, stride }) => padding === 'same' && stride === 1)
  return conv.axes.every(({ padding }) => padding[0] === padding[1])
}

/** The shortest named arguments that make it again: equal entries as one, defaults left out.
 * @param {Conv} conv @returns {Record<string, unknown>} */
export function spelled(conv) {
  const each = (/** @type {'kernel' | 'stride' | 'dilation' | 'output_padding'} */ name) => one(conv.axes.map((axis) => axis[name]))
  const full = {
    kernel_size: each('kernel'),
    stride: each('stride'),
    padding: shortPadding(conv.axes),
    output_padding: each('output_padding'),
    dilation: each('dilation'),
    groups: conv.groups,
    bias: conv.bias,
    padding_mode: conv.padding_mode,
  }
  return Object.fromEntries(Object.entries(full).filter(([name, value]) => value !== DEFAULTS[name]))
}

/** @param {Axis[]} axes */
function shortPadding(axes) {
  const entries = axes.map(({ padding }) => (typeof padding !== 'string' && padding[0] === padding[1] ? padding[0] : padding))
  if (new Set(entries.map(repr)).size > 1) return entries
  return Array.isArray(entries[0]) ? [entries[0]] : entries[0]
}

/** @param {number[]} values */
const one = (values) => (new Set(values).size === 1 ? values[0] : values)
