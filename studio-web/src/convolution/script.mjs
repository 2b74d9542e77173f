import { writeRecipe } from '../core/spell.mjs'
import { weightShape } from '../core/conv.mjs'

/** Numbers up to this many are written out; more of them go into the script as bytes. */
const MOST_WRITTEN = 2000

/** A script of Python that makes this layer with these numbers and runs it: PyTorch's where it can, else Kaiyan's.
 * @param {import('./slice.mjs').Slice} slice @param {number[]} shape of the input, [C, …sizes] */
export function scriptOf({ conv, weight, bias }, shape) {
  const line = writeRecipe(conv)
  const isOurs = line.startsWith('kaiyan.')
  const isLong = weight.length > MOST_WRITTEN
  const sizes = weightShape(conv)
  const numbers = isLong
    ? `torch.frombuffer(bytearray(base64.b64decode("${base64(weight)}")), dtype=torch.float64).reshape(${tuple(sizes)})`
    : `torch.tensor(${nested(weight, sizes)}, dtype=torch.float64)`
  return [
    ...(isLong ? ['import base64', ''] : []),
    ...(isOurs ? ['import kaiyan'] : []),
    'import torch',
    ...(isOurs ? [] : ['from torch import nn']),
    '',
    `layer = ${line}.double()`,
    'with torch.no_grad():',
    `    layer.weight.copy_(${numbers})`,
    ...(conv.bias ? [`    layer.bias.copy_(torch.tensor([${bias.join(', ')}], dtype=torch.float64))`] : []),
    '',
    `x = torch.rand(1, ${shape.join(', ')}, dtype=torch.float64)  # your picture: (batch, channels, ${SIZES[conv.axes.length]})`,
    'y = layer(x)',
    'print(tuple(x.shape), "->", tuple(y.shape))',
    '',
  ].join('\n')
}

/** @type {Record<number, string>} */
const SIZES = { 1: 'length', 2: 'rows, columns', 3: 'depth, rows, columns' }

/** @param {number[]} sizes */
const tuple = (sizes) => sizes.join(', ')

/** @param {number[]} numbers @param {number[]} sizes @returns {string} */
function nested(numbers, [size, ...sizes]) {
  if (!sizes.length) return `[${numbers.join(', ')}]`
  const part = numbers.length / size
  return `[${Array.from({ length: size }, (_, i) => nested(numbers.slice(i * part, (i + 1) * part), sizes)).join(', ')}]`
}

/** @param {number[]} numbers */
function base64(numbers) {
  const bytes = new Uint8Array(Float64Array.from(numbers).buffer)
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}
