import { pads, reach } from './axis.mjs'
import { repr, say, words } from './sentence.mjs'
import { torchCanSay, writeRecipe } from './spell.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Axis} Axis @typedef {import('../types').Words} Words */
/** @typedef {{ library: string, lines: string[], notes: Words[] }} Spelling */

/** One convolution in every library's spelling; the pads are those of an input [C, …sizes].
 * @param {Conv} conv @param {number[]} shape @returns {Spelling[]} */
export function spellings(conv, shape) {
  return [torch(conv, shape), kaiyan(conv), keras(conv, shape), jax(conv, shape), onnx(conv, shape)]
}

/** @param {Conv} conv @param {number[]} shape @returns {Spelling} */
function torch(conv, shape) {
  if (torchCanSay(conv)) return { library: 'PyTorch', lines: [writeRecipe(conv)], notes: [] }
  const sides = sidesOf(conv, shape)
  const more = extras(conv, sides)
  const axes = conv.axes.map((axis, i) => ({ ...axis, padding: /** @type {[number, number]} */ ([0, 0]), output_padding: more[i] }))
  const bare = writeRecipe({ ...conv, padding_mode: 'zeros', axes: conv.transposed ? axes : axes.map((axis) => ({ ...axis, output_padding: 0 })) })
  if (conv.transposed) return { library: 'PyTorch', lines: [bare, ...cropLines(sides)], notes: [] }
  const mode = TORCH_PAD[conv.padding_mode]
  const value = constant(conv.padding_mode)
  const extra = value ? `, value=${value}` : mode ? `, mode='${mode}'` : ''
  const numbers = [...sides].reverse().flat().join(', ')
  const notes = mode === null ? [words(say('F.pad has no symmetric mode: kaiyan.nn has'))] : []
  return { library: 'PyTorch', lines: mode === null ? [] : [`x = F.pad(x, (${numbers})${extra})`, bare], notes }
}

/** F.pad's names; null where it has none. @type {Record<string, string | null>} */
const TORCH_PAD = { reflect: 'reflect', replicate: 'replicate', circular: 'circular', symmetric: null }
/** @type {Record<string, string>} */
const JAX_PAD = { reflect: 'reflect', replicate: 'edge', circular: 'wrap', symmetric: 'symmetric' }
/** @type {Record<string, string>} */
const KERAS_PAD = { reflect: 'reflect', symmetric: 'symmetric' }

/** What cuts the output at its ends. @param {[number, number][]} sides */
function cropLines(sides) {
  if (!sides.flat().some((side) => side > 0)) return []
  return [`y = y[..., ${sides.map(([before, after]) => `${before || ''}:${after > 0 ? -after : ''}`).join(', ')}]`]
}

/** What the output has beyond the windows: output_padding, and a crop below 0. @param {Conv} conv @param {[number, number][]} sides */
const extras = (conv, sides) => conv.axes.map(({ output_padding }, i) => output_padding + Math.max(-sides[i][1], 0))

/** @param {Conv} conv @returns {Spelling} */
function kaiyan(conv) {
  return { library: 'Kaiyan', lines: [writeRecipe(conv).replace(/^(kaiyan\.)?/, 'kaiyan.')], notes: [] }
}

/** @param {Conv} conv @param {number[]} shape @returns {Spelling} */
function keras(conv, shape) {
  const rank = conv.axes.length
  const each = eachOf(conv)
  const word = wordOf(conv, ['same', ...(rank === 1 && !conv.transposed ? ['causal'] : [])])
  const depthwise = conv.groups > 1 && conv.groups === conv.in_channels && rank < 3 && !conv.transposed
  const kind = `${depthwise ? 'Depthwise' : ''}Conv${rank}D${conv.transposed ? 'Transpose' : ''}`
  const parts = [
    ...(depthwise ? [] : [`${conv.out_channels}`]),
    repr(each('kernel')),
    ...(each('stride') === 1 ? [] : [`strides=${repr(each('stride'))}`]),
    ...(word === 'valid' ? [] : [`padding='${word ?? 'valid'}'`]).filter((part) => part !== "padding='valid'"),
    ...(each('dilation') === 1 ? [] : [`dilation_rate=${repr(each('dilation'))}`]),
    ...(depthwise && conv.out_channels !== conv.in_channels ? [`depth_multiplier=${conv.out_channels / conv.in_channels}`] : []),
    ...(conv.groups > 1 && !depthwise ? [`groups=${conv.groups}`] : []),
    ...(conv.bias ? [] : ['use_bias=False']),
  ]
  const library = 'Keras, TensorFlow'
  const refused = notInKeras(conv)
  if (refused) return { library, lines: [], notes: [words(refused)] }
  const layer = `keras.layers.${kind}(${parts.join(', ')})`
  const notes = [words(say('channels last: (N, …sizes, C)'))]
  const exact = word && !(word === 'valid' && conv.transposed && conv.axes.some(beyond))
  if (exact) return { library, lines: [layer], notes }
  return { library, lines: conv.transposed ? croppedKeras(conv, shape, layer) : paddedKeras(conv, shape, layer), notes }
}

/** @param {Conv} conv */
function notInKeras({ transposed, groups, axes }) {
  if (transposed && groups > 1) return say("Keras's transposed layers have no groups")
  const strided = axes.some(({ stride }) => stride > 1) && axes.some(({ dilation }) => dilation > 1)
  return strided ? say('Keras takes a stride or a dilation above 1, not both') : ''
}

/** What Keras's transposed layers, whose outputs reach over a stride at least, have at the end. @param {Axis} axis */
const beyond = (axis) => Math.max(axis.stride - reach(axis), 0)

/** @param {Conv} conv @param {number[]} shape @param {string} layer */
function paddedKeras(conv, shape, layer) {
  const sides = sidesOf(conv, shape)
  const rank = conv.axes.length
  if (conv.padding_mode === 'zeros') return [`keras.layers.ZeroPadding${rank}D(${repr(rank === 1 ? sides[0] : sides)})`, layer]
  const all = [[0, 0], ...sides, [0, 0]].map((pair) => `[${pair.join(', ')}]`).join(', ')
  const mode = KERAS_PAD[conv.padding_mode]
  const value = constant(conv.padding_mode)
  if (mode || value) return [`x = tf.pad(x, [${all}], ${mode ? `mode='${mode.toUpperCase()}'` : `constant_values=${value}`})`, layer]
  return [`x = np.pad(x, [${all}], mode='${JAX_PAD[conv.padding_mode] === 'edge' ? 'edge' : 'wrap'}')`, layer]
}

/** @param {Conv} conv @param {number[]} shape @param {string} layer */
function croppedKeras(conv, shape, layer) {
  const sides = sidesOf(conv, shape)
  const more = extras(conv, sides)
  const said = more.some(Boolean)
  const crops = sides.map(([before, after], i) => [before, Math.max(after, 0) + (said ? 0 : beyond(conv.axes[i]))])
  const first = said ? layer.replace(/\)$/, `, output_padding=${repr(more.length === 1 ? more[0] : more)})`) : layer
  const rank = conv.axes.length
  return crops.flat().some(Boolean) ? [first, `keras.layers.Cropping${rank}D(${repr(rank === 1 ? crops[0] : crops)})`] : [first]
}

/** @param {Conv} conv @param {number[]} shape @returns {Spelling} */
function jax(conv, shape) {
  const letters = ['W', 'HW', 'DHW'][conv.axes.length - 1]
  const numbers = `('NC${letters}', 'OI${letters}', 'NC${letters}')`
  const list = (/** @type {'kernel' | 'stride' | 'dilation'} */ name) => repr(conv.axes.map((axis) => axis[name]))
  const all = conv.axes.map(({ dilation }) => dilation).some((dilation) => dilation > 1) ? [`rhs_dilation=${list('dilation')}`] : []
  const groups = conv.groups > 1 ? [`feature_group_count=${conv.groups}`] : []
  if (conv.transposed) return jaxTransposed(conv, shape, numbers, [...all, ...groups])
  const word = wordOf(conv, ['same', 'same_lower'])
  const border = conv.padding_mode !== 'zeros' && !word
  const sides = repr(sidesOf(conv, shape))
  const padding = word ? `'${word.toUpperCase()}'` : border ? "'VALID'" : sides
  const parts = ['x', 'w', list('stride'), padding, ...all, `dimension_numbers=${numbers}`, ...groups]
  const value = constant(conv.padding_mode)
  const mode = value ? `constant_values=${value}` : `mode='${JAX_PAD[conv.padding_mode]}'`
  const pad = border ? [`x = jnp.pad(x, ${repr([[0, 0], [0, 0], ...sidesOf(conv, shape)])}, ${mode})`] : []
  return { library: 'JAX', lines: [...pad, `y = jax.lax.conv_general_dilated(${parts.join(', ')})`], notes: [] }
}

/** A transposed convolution is one with the input's elements set apart and the kernel turned around.
 * @param {Conv} conv @param {number[]} shape @param {string} numbers @param {string[]} more @returns {Spelling} */
function jaxTransposed(conv, shape, numbers, more) {
  const sides = sidesOf(conv, shape).map(([before, after], i) => {
    const { kernel, dilation, output_padding } = conv.axes[i]
    const reach = dilation * (kernel - 1)
    return [reach - before, reach - after + output_padding]
  })
  const rank = conv.axes.length
  const turned = repr(Array.from({ length: rank }, (_, i) => i + 2))
  const { groups, in_channels: C, out_channels: K } = conv
  const kernel = conv.axes.map((axis) => axis.kernel).join(', ')
  const regroup = groups > 1 ? [`w = w.reshape(${groups}, ${C / groups}, ${K / groups}, ${kernel}).swapaxes(1, 2).reshape(${K}, ${C / groups}, ${kernel})`] : ['w = w.swapaxes(0, 1)']
  const ones = repr(Array.from({ length: rank }, () => 1))
  const parts = ['x', `jnp.flip(w, ${turned})`, ones, repr(sides), `lhs_dilation=${repr(conv.axes.map(({ stride }) => stride))}`, ...more, `dimension_numbers=${numbers}`]
  return { library: 'JAX', lines: [...regroup, `y = jax.lax.conv_general_dilated(${parts.join(', ')})`], notes: [] }
}

/** @param {Conv} conv @param {number[]} shape @returns {Spelling} */
function onnx(conv, shape) {
  // onnxruntime 1.32 refuses auto_pad with a dilation
  const dilated = conv.axes.some(({ dilation }) => dilation > 1)
  const list = (/** @type {'stride' | 'dilation'} */ name) => `[${conv.axes.map((axis) => axis[name]).join(', ')}]`
  const word = wordOf(conv, conv.transposed || dilated ? [] : ['same', 'same_lower'])
  const sides = sidesOf(conv, shape)
  const names = /** @type {Record<string, string>} */ ({ same: 'SAME_UPPER', same_lower: 'SAME_LOWER' })
  const border = conv.padding_mode !== 'zeros'
  const begin = sides.map(([before]) => before)
  const end = sides.map(([, after]) => Math.max(after, 0))
  const extra = extras(conv, sides)
  const padding = border ? [] : word && names[word] ? [`auto_pad='${names[word]}'`] : [...begin, ...end].some(Boolean) ? [`pads=[${[...begin, ...end].join(', ')}]`] : []
  const parts = [
    `'Conv${conv.transposed ? 'Transpose' : ''}'`,
    conv.bias ? "['x', 'w', 'b']" : "['x', 'w']",
    "['y']",
    ...(conv.axes.some(({ stride }) => stride > 1) ? [`strides=${list('stride')}`] : []),
    ...padding,
    ...(dilated ? [`dilations=${list('dilation')}`] : []),
    ...(conv.transposed && extra.some(Boolean) ? [`output_padding=[${extra.join(', ')}]`] : []),
    ...(conv.groups > 1 ? [`group=${conv.groups}`] : []),
  ]
  const modes = /** @type {Record<string, string>} */ ({ reflect: 'reflect', replicate: 'edge', circular: 'wrap' })
  const mode = constant(conv.padding_mode) ? 'constant' : modes[conv.padding_mode]
  const all = [0, 0, ...begin, 0, 0, ...end]
  const pad = border && mode ? [`helper.make_node('Pad', ['x', 'pads'${mode === 'constant' ? ", 'value'" : ''}], ['x'], mode='${mode}')  # pads = [${all.join(', ')}]`] : []
  const notes = border && !mode ? [words(say("ONNX's Pad has no symmetric mode"))] : []
  return { library: 'ONNX', lines: border && !mode ? [] : [...pad, `helper.make_node(${parts.join(', ')})`], notes }
}

/** @param {Conv} conv @param {number[]} shape @returns {[number, number][]} */
const sidesOf = (conv, shape) => conv.axes.map((axis, i) => pads(axis, shape[i + 1], conv.transposed))

/** The padding word that all axes have, of those a library knows; "valid" for none; null where numbers are needed.
 * @param {Conv} conv @param {string[]} known */
function wordOf(conv, known) {
  const kinds = new Set(conv.axes.map(({ padding }) => (String(padding) === '0,0' ? 'valid' : String(padding))))
  const [word] = kinds
  if (kinds.size > 1 || conv.axes.some(({ output_padding }) => output_padding)) return null
  if (word === 'valid') return 'valid'
  return known.includes(word) && conv.padding_mode === 'zeros' ? word : null
}

/** One number where all axes have the same, else a tuple. @param {Conv} conv */
const eachOf = (conv) => (/** @type {'kernel' | 'stride' | 'dilation'} */ name) => {
  const values = conv.axes.map((axis) => axis[name])
  return new Set(values).size === 1 ? values[0] : values
}

/** The number of constant(v), empty for other modes. @param {string} mode */
const constant = (mode) => /^constant\((.*)\)$/.exec(mode)?.[1] ?? ''
