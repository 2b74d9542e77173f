import { called } from './call.mjs'
import { short } from './half-width.mjs'
import { makeConv } from './read.mjs'
import { refusal, say, tried } from './sentence.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Words} Words */
/** @typedef {import('./call.mjs').Call} Call */
/** @typedef {{ conv: Conv, error?: undefined } | { conv?: undefined, error: Words, code: string, ways: Words[], at?: [number, number] }} Read */

const FORWARD = 'in_channels out_channels kernel_size stride padding dilation groups bias padding_mode'.split(' ')
const TRANSPOSED = 'in_channels out_channels kernel_size stride padding output_padding groups bias dilation padding_mode'.split(' ')
const OURS = [...FORWARD, 'output_padding', 'transposed', 'rank']
const WORDY = ['padding', 'padding_mode', 'mode', 'activation', 'interpolation']
const IGNORED = ['device', 'dtype', 'name', 'inplace', 'trainable']

/** What can be read: each call, the order of its arguments, and what its name alone says.
 * @type {Record<string, { order: string[], implied: object }>} */
const SIGNATURES = Object.fromEntries([
  ['Conv', { order: OURS, implied: {} }],
  ...[1, 2, 3].map((rank) => [`Conv${rank}d`, { order: FORWARD, implied: { rank } }]),
  ...[1, 2, 3].map((rank) => [`ConvTranspose${rank}d`, { order: TRANSPOSED, implied: { rank, transposed: true } }]),
])

/** Reads one line of PyTorch code, never executes it: the convolution, or what is wrong with the line and ways out.
 * @param {string} text @returns {Read} */
export function parseRecipe(text) {
  const { value, refused } = tried(() => makeConv(argumentsOf(text)))
  if (!refused) return { conv: /** @type {Conv} */ (value) }
  return { error: refused.words, code: refused.code, ways: refused.ways, at: refused.at }
}

/** The line with another value of an argument, put in the place of the one that is there, or added.
 * @param {string} text @param {string} name @param {string} value @returns {string} */
export function withArgument(text, name, value) {
  const { value: call } = tried(() => called(text))
  const there = call?.args.find(({ name: written }, i) => (written ?? SIGNATURES[call.name]?.order[i]) === name)
  if (!call || !there) return text.replace(/[)）]\s*$/, `, ${name}=${value})`)
  const [from, to] = call.at(there.node)
  return text.slice(0, from) + value + text.slice(to)
}

/** @param {string} text @returns {Record<string, any>} */
function argumentsOf(text) {
  const call = called(text)
  if (!Object.hasOwn(SIGNATURES, call.name)) throw notAConvolution(call)
  const { order, implied } = SIGNATURES[call.name]
  return { ...bound(call, order), ...implied }
}

/** @param {Call} call @param {string[]} order @returns {Record<string, any>} */
function bound(call, order) {
  const { args, text } = call
  const count = args.filter(({ name }) => name === null).length
  if (count > order.length)
    throw refusal('too-many-arguments', { text: short(text), count, most: order.length }, say('{text!r} has {count} arguments; at most {most} are accepted'))
  /** @type {Record<string, any>} */
  const given = {}
  args.forEach(({ name: written, node }, i) => {
    const name = written ?? order[i]
    if (IGNORED.includes(name)) return
    if (!order.includes(name) || name in given) throw placed(unknownArgument(text, name, order), call, node)
    given[name] = literal(call, name, node)
  })
  return given
}

/** @param {Call} call @param {string} name @param {import('./call.mjs').Node} node */
function literal(call, name, node) {
  if (node.kind === 'value') return node.value
  if (node.kind === 'name' && WORDY.includes(name) && !node.name?.includes('.')) return node.name
  const part = short(call.source(node))
  const error = refusal(
    'not-a-literal',
    { text: short(call.text), part },
    say('{text!r}: {part!r} is not a number, a word or a tuple of them; code is read, never executed'),
  )
  throw placed(error, call, node)
}

/** @param {string} text @param {string} name @param {string[]} order */
function unknownArgument(text, name, order) {
  return refusal(
    'unknown-argument',
    { text: short(text), name, known: order.join(', ') },
    say('{text!r}: the argument {name!r} is unknown here or given twice'),
    say('the arguments are {known}'),
  )
}

/** @param {import('./sentence.mjs').Refused} error @param {Call} call @param {import('./call.mjs').Node} node */
function placed(error, call, node) {
  error.at = call.at(node)
  return error
}

/** @param {Call} call */
function notAConvolution(call) {
  const { name } = call
  const facts = { text: short(call.text), name, known: Object.keys(SIGNATURES).join(', ') }
  if (name.startsWith('Lazy'))
    return refusal('lazy-code', facts, say('{text!r} does not say how many input channels it has'), say('give the number of input channels'))
  const kind = Object.keys(SIGNATURES).find((known) => known.toLowerCase() === name.toLowerCase().replaceAll('_', ''))
  if (kind && kind !== 'Conv' && `.${call.prefix}`.endsWith('.nn'))
    return refusal('wrong-case', { ...facts, kind, line: call.text.replace(name, kind) }, say('torch.nn has no {name}; it has {kind}'), '{line}')
  if (/^conv(_transpose)?[123]d$/.test(name))
    return refusal(
      'a-function',
      { ...facts, line: layerOfFunction(call) },
      say('{text!r} is a function: its kernel size comes from its weight tensor, which the text does not show'),
      '{line}',
    )
  if (/^(Depthwise|Separable)?Conv\dD(Transpose)?$/.test(name))
    return refusal(
      'keras-code',
      { ...facts, line: layerOfKeras(call) },
      say("{text!r} is written as in Keras, without the input's channels"),
      ...(name.includes('Separable') ? [] : ['{line}']),
    )
  return refusal('not-a-convolution', facts, say('{name} is not a convolution'), say('one of {known}'))
}

/** The layer to write instead of a function of torch, with the settings that are written. @param {Call} call */
function layerOfFunction(call) {
  const kind = call.name.includes('transpose') ? `ConvTranspose${call.name.at(-2)}d` : `Conv${call.name.at(-2)}d`
  const order = SIGNATURES[kind].order.slice(3).filter((name) => name !== 'bias' && name !== 'padding_mode')
  const given = written(call, ['input', 'weight', 'bias', ...order])
  const settings = Object.entries(given).filter(([name]) => !['input', 'weight', 'bias'].includes(name))
  return `${kind}(in_channels, out_channels, kernel_size${settings.map(([name, value]) => `, ${name}=${value}`).join('')})`
}

/** PyTorch's spelling of a layer of Keras; its channels stay open. @param {Call} call */
function layerOfKeras(call) {
  const depthwise = call.name.startsWith('Depthwise')
  const given = written(call, depthwise ? ['kernel_size', 'strides', 'padding'] : ['filters', 'kernel_size', 'strides', 'padding'])
  const kind = `Conv${call.name.includes('Transpose') ? 'Transpose' : ''}${/\d/.exec(call.name)}d`
  const pairs = [['stride', 'strides'], ['padding', 'padding'], ['dilation', 'dilation_rate']]
  const settings = pairs.flatMap(([ours, theirs]) => (theirs in given ? [`${ours}=${given[theirs]}`] : []))
  const channels = given.filters ?? (depthwise ? 'in_channels' : 'filters')
  const all = [`kernel_size=${given.kernel_size ?? 'kernel_size'}`, ...settings, ...(depthwise ? ['groups=in_channels'] : [])]
  return `${kind}(in_channels, ${channels}, ${all.join(', ')})`
}

/** The arguments of a call by name, as they are written. @param {Call} call @param {string[]} order
 * @returns {Record<string, string>} */
function written(call, order) {
  return Object.fromEntries(call.args.map(({ name, node }, i) => [name ?? order[i], call.source(node)]))
}
