import { keepsSize, legalSizes, outputSize, pads, reach, unread } from './axis.mjs'
import { outputShape, weightShape } from './conv.mjs'
import { costOf } from './cost.mjs'
import { fieldHoles, fieldSize, fieldsOf, ratioText } from './field.mjs'
import { halfEven, say, words } from './sentence.mjs'
import { writeRecipe } from './spell.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Axis} Axis @typedef {import('../types').Words} Words */
/** @typedef {{ code: string, words: Words, axes?: string }} DerivationLine */

/** How an input [C, …sizes] becomes the output, and what it costs, as sentences with the user's numbers.
 * Throws a Refused where it does not fit. @param {Conv} conv @param {number[]} shape @returns {DerivationLine[]} */
export function derivation(conv, shape) {
  const output = outputShape(conv, shape)
  const spatial = shape.slice(-conv.axes.length)
  const facts = { spec: writeRecipe(conv), input: shape, output }
  return [
    { code: 'shapes', words: words(say('{spec}: {input} becomes {output}'), facts) },
    ...alike(conv.axes, spatial).flatMap(({ axis, n, names }) => axisLines(axis, n, names, conv.transposed)),
    ...costLines(conv, shape),
    ...fieldLines(conv, shape),
  ]
}

/** Each axis with its inputs once, and the names of all that are the same.
 * @param {Axis[]} axes @param {number[]} spatial @returns {{ axis: Axis, n: number, names: string }[]} */
export function alike(axes, spatial) {
  /** @type {Map<string, { axis: Axis, n: number, names: string }>} */
  const groups = new Map()
  axes.forEach((axis, i) => {
    const key = JSON.stringify([{ ...axis, name: '' }, spatial[i]])
    const known = groups.get(key)
    if (known) known.names += `, ${axis.name}`
    else groups.set(key, { axis, n: spatial[i], names: axis.name })
  })
  return [...groups.values()]
}

/** How n inputs become the outputs of an axis, step by step.
 * @param {Axis} axis @param {number} n @param {string} names @param {boolean} transposed @returns {DerivationLine[]} */
export function axisLines(axis, n, names, transposed) {
  const [before, after] = pads(axis, n, transposed)
  const { kernel, stride, dilation, output_padding, padding: word } = axis
  const facts = {
    axes: names, n, kernel, stride, dilation, reach: reach(axis), before, after, total: before + after,
    output: outputSize(axis, n, transposed), word, output_padding,
  }
  const line = (/** @type {string} */ code, /** @type {string} */ text, more = {}) => ({ code, axes: names, words: words(text, { ...facts, ...more }) })
  const reachLine = line('reach', say('{axes}: the kernel reaches dilation·(kernel − 1) + 1 = {dilation}·({kernel} − 1) + 1 = {reach}'))
  return [reachLine, ...(transposed ? transposedLines(axis, n, line) : forwardLines(axis, n, line))]
}

/** @typedef {(code: string, text: string, more?: object) => DerivationLine} Liner */

/** @param {Axis} axis @param {number} n @param {Liner} line @returns {DerivationLine[]} */
function forwardLines(axis, n, line) {
  const lines = []
  if (axis.padding === 'causal')
    lines.push(line('causal', say("{axes}: 'causal' pads reach − 1 = {before} before and nothing after: no output sees a later input")))
  else if (keepsSize(axis))
    lines.push(
      line(
        'same',
        say('{axes}: {word!r} asks for ⌈n / stride⌉ = ⌈{n} / {stride}⌉ = {output} outputs, so padding is max((output − 1)·stride + reach − n, 0) = {total}: {before} before, {after} after'),
      ),
    )
  lines.push(
    line('size', say('{axes}: output = ⌊(n + before + after − reach) / stride⌋ + 1 = ⌊({n} + {before} + {after} − {reach}) / {stride}⌋ + 1 = {output}')),
  )
  const [first, end] = unread(axis, n)
  if (end - first === 1) lines.push(line('unread-one', say('{axes}: the size is rounded down, so input {first} of {n} is not read'), { first }))
  if (end - first > 1)
    lines.push(line('unread', say('{axes}: the size is rounded down, so inputs {first} to {last} of {n} are not read'), { first, last: end - 1 }))
  return lines
}

/** @param {Axis} axis @param {number} n @param {Liner} line @returns {DerivationLine[]} */
function transposedLines(axis, n, line) {
  const lines = []
  if (keepsSize(axis))
    lines.push(
      line('transposed-word', say('{axes}: {word!r} asks for n·stride = {n}·{stride} = {output} outputs, so {before} are cropped before and {after} after')),
    )
  lines.push(
    line(
      'transposed-size',
      say('{axes}: output = (n − 1)·stride + reach − before − after + output_padding = ({n} − 1)·{stride} + {reach} − {before} − {after} + {output_padding} = {output}'),
    ),
  )
  const sizes = legalSizes(axis, n, true)
  if (sizes.length > 1) lines.push(line('transposed-choices', say('{axes}: output_padding chooses among the sizes {sizes}'), { sizes: sizes.join(', ') }))
  return lines
}

/** Parameters, multiply-adds, rounding, and the fully connected layer beside it.
 * @param {Conv} conv @param {number[]} shape @returns {DerivationLine[]} */
export function costLines(conv, shape) {
  const cost = costOf(conv, shape)
  const facts = {
    C: conv.in_channels, K: conv.out_channels, groups: conv.groups, kernel: conv.axes.map(({ kernel }) => kernel).join('·'),
    biases: conv.bias ? conv.out_channels : 0, ...cost, terms: cost.connections, full: cost.fullWeights,
    intensity: cost.flops / (cost.bytes || 1), ratio: halfEven(cost.ratio),
  }
  const line = (/** @type {string} */ code, /** @type {string} */ text) => ({ code, words: words(text, facts) })
  const lines = [
    line('params', say('parameters = K·(C / groups)·kernel + biases = {K}·({C} / {groups})·{kernel} + {biases} = {params:,}')),
    line(
      'macs',
      say('multiply-adds (MACs) = N·K·(C / groups)·kernel·positions = {macs:,}, {touched:,} of them on real inputs; FLOPs = 2·MACs = {flops:,}; {bytes:,} bytes in float32, {intensity:.1f} FLOP/byte'),
    ),
    line(
      'rounding',
      say('every output sums {terms:,} products: summed one by one, its rounding error is at most {terms:,} half-units (float32: 2⁻²⁴, float16: 2⁻¹¹) times the sum of their absolute values'),
    ),
  ]
  if (weightShape(conv).every(Boolean) && cost.fullWeights)
    lines.push(
      line(
        'sparse',
        say("a fully-connected layer from the same input to the same output would have {full:,} weights, {ratio:,} times these {weights:,}: a convolution's connections are sparse and shared"),
      ),
    )
  return lines
}

/** @param {Conv} conv @param {number[]} shape @returns {DerivationLine[]} */
function fieldLines(conv, shape) {
  const [fields] = fieldsOf([conv], shape)
  const distinct = fields.filter((field, i) => fields.findIndex((other) => equal(other, field)) === i)
  return distinct.map((field) => {
    const axes = conv.axes.filter((_, i) => equal(fields[i], field)).map(({ name }) => name).join(', ')
    const facts = { axes, size: fieldSize(field), holes: fieldHoles(field), jump: ratioText(field.jump), start: ratioText(field.start) }
    const text = say('{axes}: receptive field {size} ({holes} of them not seen), neighbouring outputs {jump} apart, the first centred on input {start}')
    return { code: 'field-window', axes, words: words(text, facts) }
  })
}

/** @param {object} a @param {object} b */
const equal = (a, b) => JSON.stringify(a) === JSON.stringify(b)
