import { divisor, keepsSize } from './axis.mjs'
import { MODES, MODE_WORDS, PADDING, modeName, paddingWord } from './borders.mjs'
import { Float, refusal, say } from './sentence.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Axis} Axis */
/** @typedef {Record<string, any>} Given */

const LARGEST_SIZE = 2 ** 31 - 1

/** The names of so many axes: L, or H and W, or D, H, W. @param {number} rank */
export const axisNames = (rank) => [['L'], ['H', 'W'], ['D', 'H', 'W']][rank - 1]

/** A description from arguments as Python has them: loose at the door, strict inside. Throws a Refused.
 * @param {Given} given @returns {Conv} */
export function makeConv(given) {
  if (given.kernel_size === undefined || given.kernel_size === null)
    throw refusal('no-kernel', {}, say('kernel_size is missing'), 'Conv(kernel_size=3)')
  const [C, K, groups] = channelsOf(given)
  const transposed = truth(given.transposed ?? false)
  const rank = rankOf(given)
  const axes = axesOf(given, rank, transposed)
  const padding_mode = modeOf('padding_mode' in given ? given.padding_mode : 'zeros')
  if (transposed && padding_mode !== 'zeros')
    throw refusal(
      'transposed-padding-mode',
      { mode: padding_mode },
      say('padding_mode={mode!r} has no meaning for a transposed convolution: its padding crops the output'),
      "padding_mode='zeros'",
    )
  if (C === null || K === null) throw withoutChannels(given)
  checkWeights(C, K, groups, axes)
  return { in_channels: C, out_channels: K, axes, groups, bias: truth('bias' in given ? given.bias : true), padding_mode, transposed }
}

/** A size as an integer of at least `least`. @param {string} name @param {unknown} value @param {number} least
 * @param {number} [offered] instead of one that is too small, where the least is legal and of no use @returns {number} */
export function number(name, value, least, offered = least) {
  if (value instanceof Float && Number.isInteger(value.value))
    throw refusal('float-size', { name, value, integer: value.value }, say('{name} is {value}, a float'), say('{name}={integer} (an integer: divide with //)'))
  if (typeof value !== 'bigint' && !Number.isInteger(value))
    throw refusal('not-a-number', { name, value, least }, say('{name} is {value!r}; it must be an integer of at least {least}'))
  if (/** @type {number} */ (value) < least)
    throw refusal('too-small', { name, value, least, offered }, say('{name} is {value}; it must be at least {least}'), '{name}={offered}')
  if (/** @type {number} */ (value) > LARGEST_SIZE)
    throw refusal('absurd-size', { name, value, largest: LARGEST_SIZE }, say('{name} is {value}; the largest accepted is {largest}'))
  return /** @type {number} */ (value)
}

/** @param {Given} given @returns {[number | null, number | null, number]} */
function channelsOf({ in_channels = null, out_channels = null, groups = 1 }) {
  const G = number('groups', groups, 1)
  if (in_channels === null && out_channels === null) {
    if (G === 1) return [null, null, 1]
    throw refusal(
      'groups-without-channels',
      { groups: G },
      say('groups={groups} needs in_channels and out_channels, which are missing'),
      'Conv({groups}, {groups}, kernel_size, groups={groups})',
    )
  }
  if (in_channels === null || out_channels === null)
    throw refusal('half-channels', { missing: in_channels === null ? 'in_channels' : 'out_channels' }, say('{missing} is missing: give both channels or neither'))
  const C = number('in_channels', in_channels, 0, G)
  const K = number('out_channels', out_channels, 0, G)
  for (const [name, channels] of Object.entries({ in_channels: C, out_channels: K }))
    if (channels % G)
      throw refusal(
        'groups-do-not-divide',
        { groups: G, name, channels, divisor: divisor(C, K, G) },
        say('groups={groups} does not divide {name}={channels}'),
        'groups={divisor}',
      )
  return [C, K, G]
}

/** @param {Given} given @returns {number} */
function rankOf(given) {
  const fixed = given.rank ?? null
  const rank = fixed === null ? counted(given) : number('rank', fixed, 1)
  if (rank <= 3) return rank
  throw refusal('no-such-layer', { rank }, say('torch has layers with 1 to 3 spatial axes, not {rank}'), 'rank=2')
}

/** Axes that the arguments fix, the kernel's word first; two, as of a picture, where they fit any rank. @param {Given} given */
function counted({ kernel_size, stride, dilation, output_padding, padding }) {
  const lengths = [kernel_size, stride, dilation, output_padding, padding].filter(Array.isArray).map(({ length }) => length)
  return lengths.find((length) => length > 1) ?? (lengths.length ? Math.max(...lengths) : 2)
}

/** @param {Given} given @param {number} rank @param {boolean} transposed @returns {Axis[]} */
function axesOf({ kernel_size, stride = 1, dilation = 1, output_padding = 0, padding = 0 }, rank, transposed) {
  const numbers = { kernel_size, stride, dilation, output_padding }
  for (const [name, value] of Object.entries({ ...numbers, padding }))
    if (Array.isArray(value) && value.length !== 1 && value.length !== rank) throw wrongLength(name, value, rank)
  const columns = Object.entries(numbers).map(([name, value]) => each(value, rank, (entry) => number(name, entry, name === 'output_padding' ? 0 : 1)))
  const paddings = each(padding, rank, paddingOf)
  return axisNames(rank).map((name, i) => {
    const [kernel, step, distance, extra] = columns.map((column) => column[i])
    const axis = { name, kernel, stride: step, dilation: distance, padding: paddings[i], output_padding: extra }
    checkOutputPadding(axis, transposed)
    return axis
  })
}

/** @template T @param {unknown} value @param {number} count @param {(entry: unknown) => T} read @returns {T[]} */
function each(value, count, read) {
  const entries = (Array.isArray(value) ? value : [value]).map(read)
  return entries.length === 1 ? Array.from({ length: count }, () => entries[0]) : entries
}

/** @param {unknown} entry @returns {Axis['padding']} */
function paddingOf(entry) {
  if (typeof entry === 'string') {
    const word = paddingWord(entry)
    if (word) return word === 'valid' ? [0, 0] : word
    throw refusal(
      'unknown-padding',
      { value: entry, words: Object.keys(PADDING).join(', ') },
      say('there is no padding {value!r}; use a number, a pair (before, after) or one of {words}'),
    )
  }
  if (!Array.isArray(entry)) {
    const side = number('padding', entry, 0)
    return [side, side]
  }
  const sides = entry.map((side) => number('padding', side, 0))
  if (sides.length === 2) return [sides[0], sides[1]]
  throw refusal('not-a-pair', { value: sides, first: sides[0] ?? 0 }, say('padding {value} on one axis is not a pair (before, after)'), 'padding=({first}, {first})')
}

/** @param {Axis} axis @param {boolean} transposed */
function checkOutputPadding(axis, transposed) {
  const { name, stride, dilation, output_padding: value, padding: word } = axis
  if (!transposed) {
    if (!value) return
    throw refusal('output-padding-forward', { value }, say('output_padding={value} belongs to a transposed convolution; this one is not'), 'output_padding=0')
  }
  const choices = Math.max(stride, dilation)
  if (value >= choices)
    throw refusal(
      'output-padding-too-large',
      { axis: name, value, choices, stride, dilation, most: choices - 1 },
      say('on axis {axis} output_padding is {value}, but it must be smaller than {choices}, the larger of stride={stride} and dilation={dilation}'),
      say('output_padding={most} is the largest'),
    )
  if (value && keepsSize(axis))
    throw refusal(
      'output-padding-with-word',
      { word, value },
      say('padding={word!r} already fixes the output at input·stride; output_padding={value} cannot change it'),
      'output_padding=0',
    )
}

/** @param {unknown} value @returns {string} */
function modeOf(value) {
  const known = typeof value === 'string' ? modeName(value) : null
  if (known) return known
  const ending = `:${String(value).toLowerCase()}`
  const candidates = Object.values(MODES).flatMap(({ names }) => names.filter((name) => name.endsWith(ending))).sort()
  throw refusal(
    'unknown-padding-mode',
    { value, words: MODE_WORDS.join(', '), candidates: candidates.join(', ') },
    say('there is no padding mode {value!r}; choose from {words}'),
    ...(candidates.length ? [say("with its library's name in front: {candidates}")] : []),
  )
}

/** @param {string} name @param {any[]} value @param {number} count */
function wrongLength(name, value, count) {
  const length = value.length
  if (name === 'padding' && length === 2 * count && value.every((side) => typeof side === 'number')) {
    const pairs = Array.from({ length: count }, (_, i) => value.slice(2 * (count - 1 - i), 2 * (count - i)))
    return refusal(
      'padding-per-side',
      { length, count, value, pairs },
      say('padding={value} has {length} numbers; spatial axes: {count}, each with a number or a pair (before, after)'),
      say("padding={pairs}, where {value} is in F.pad's order (last axis first)"),
    )
  }
  return refusal(
    'wrong-length',
    { name, value, length, count },
    say('{name}={value} has {length} entries; spatial axes: {count}'),
    say('give one number for all axes, or one per axis'),
  )
}

/** @param {Given} given */
function withoutChannels({ kernel_size }) {
  return refusal(
    'channels-unknown',
    { spec: `Conv(kernel_size=${kernel_size})`, kernel: kernel_size },
    say('{spec} does not say how many channels it has, so its weights cannot be counted'),
    'Conv(in_channels, out_channels, kernel_size={kernel})',
  )
}

/** @param {number} C @param {number} K @param {number} G @param {Axis[]} axes */
function checkWeights(C, K, G, axes) {
  const kernel = axes.map((axis) => axis.kernel)
  const weights = kernel.reduce((all, side) => all * BigInt(side), BigInt(C / G) * BigInt(K))
  if (weights <= 2n ** 48n) return
  throw refusal(
    'absurd-weights',
    { weights, C, K, G, kernel },
    say('{weights:,} weights do not fit in any memory: {K}·{C}/{G} channels and a kernel of {kernel}'),
  )
}

/** What Python's bool makes of a value. @param {any} value */
function truth(value) {
  if (value instanceof Float) return value.value !== 0
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}
