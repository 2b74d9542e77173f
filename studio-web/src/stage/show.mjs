import { short } from '../core/number.mjs'
import { gather, scatter } from '../core/terms.mjs'
import { domain, geometry, indexOf, lift, lower, placeOf, room, windowsAt, within } from './geometry.mjs'
import { layout } from './layout.mjs'
import { channelOf, feeding, inputSheet, kernelSheet, outputSheet, tonesOf } from './maps.mjs'
import { slicesAt, termsBy, windowsBetween } from './moment.mjs'
import { createPainting } from './painting.mjs'
import { keyOf, spreadOf, sumOf } from './products.mjs'
import { lost } from './scene.mjs'
import { title } from './words.mjs'

/** What is shown of a model: which places, which numbers, in which seats. It draws nothing and knows no element.
 * @typedef {import('../types').Conv} Conv @typedef {import('../types').Numbers} Numbers
 * @typedef {object} StageView a ready model, and where one looks
 * @property {Conv} conv @property {Numbers} input @property {Numbers} weight @property {Float64Array | null} bias
 * @property {Numbers} output @property {[number, number][]} pads
 * @property {number} out @property {number} channel @property {number[]} place @property {'gather' | 'scatter'} view
 * @property {boolean} [isReady] whether all channels of the output are summed
 * @property {boolean} playing @property {number} speed @property {number} zoom @property {[number, number]} shift
 * @property {{ place(place: number[]): void, channel(c: number): void, out(k: number): void, play(on?: boolean): void,
 *   zoom(z: number): void, kernel(index: number, value: number): void, shift(d: [number, number]): void,
 *   speed?(value: number): void, view?(kind: 'gather' | 'scatter'): void }} on */

const FAINT = 0.25
const SAME = /** @type {const} */ (['conv', 'input', 'weight', 'bias', 'output', 'out'])

/** @param {StageView} view @param {Show | null} [before] what was shown, whose painting goes on where the numbers are the same
 * @returns {Show} */
export function createShow(view, before = null) {
  const shape = geometry(view)
  const kind = shape.transposed ? view.view : 'gather'
  const sizes = domain(shape, kind)
  const count = sizes[0] * sizes[1] * sizes[2]
  const spreads = shape.transposed && kind === 'scatter'
  const goesOn = before?.painting && SAME.every((key) => before.view[key] === view[key])
  const painting = spreads ? (goesOn ? before.painting : createPainting(view, shape, view.out)) : null
  const [first, end] = feeding(view.conv, view.out)
  const front = view.channel >= first && view.channel < end ? view.channel : first
  return { view, shape, kind, sizes, count, spreads, painting, feeds: { first, end }, front }
}

/** @typedef {{ view: StageView, shape: import('./geometry.mjs').Geometry, kind: 'gather' | 'scatter', sizes: number[], count: number,
 *   spreads: boolean, painting: ReturnType<typeof createPainting> | null, feeds: { first: number, end: number }, front: number }} Show
 * `feeds`: the input channels that this output reads; `front`: the one of them that stands in front */

/** The products at a place: those of one output, or those that one input is painted with.
 * @param {Show} show @param {number[]} place slice, row, column @param {number} channel */
export function sumAt({ view, shape, spreads }, place, channel) {
  const { conv, input, weight, bias, out } = view
  const where = lower(place, shape.rank)
  if (!spreads) {
    const terms = gather(conv, input, weight, out, where)
    return { terms, sum: sumOf(terms, bias ? bias[out] : null) }
  }
  const entries = scatter(conv, input, weight, channel, where).filter(({ k }) => k === out)
  const size = shape.sides.map(({ n }) => n)
  const value = channelOf(input, channel)[indexOf(place, size)]
  const terms = entries.map(({ tap, weight: factor, product }) => ({ channel, tap, place: where, source: where, value, weight: factor, product }))
  return { terms, sum: spreadOf(value, channel, entries) }
}

/** The scene at a place, in the seats that its width gives.
 * @param {Show} show @param {{ place: number[], depth: number, channel: number, out: number, t: import('../types').Say,
 *   look: import('./look.mjs').Look, width: number, room: number, ratio: number, made: Uint8Array | null }} where
 * @returns {import('./scene.mjs').Scene & { slices: number[] }} */
export function sceneOf(show, { place, depth, channel, out, t, look, width, room: high, ratio, made }) {
  const { view, shape, painting } = show
  const slices = slicesAt(shape, windowsAt(shape, place, show.kind), depth)
  const numbers = painting && out === view.out ? painting.to(indexOf(place, show.sizes)) : channelOf(view.output, out)
  const sheets = {
    input: inputSheet(view, shape, channel, slices[0]),
    kernel: kernelSheet(view, shape, { out, channel, slices }),
    output: outputSheet(numbers, shape, slices[2]),
  }
  const ins = others(channel, view.input.shape[0]).map((one) => inputSheet(view, shape, one, slices[0]))
  const outs = others(out, view.output.shape[0]).map((one) => outputSheet(channelOf(view.output, one), shape, slices[2]))
  const noted = lost({ geometry: shape })
  const seats = layout({
    width, room: high, ratio, rank: shape.rank,
    input: [sheets.input.rows, sheets.input.columns],
    kernel: [sheets.kernel.rows, sheets.kernel.columns],
    output: [sheets.output.rows, sheets.output.columns],
    foot: noted.rows || noted.columns || isCut(sheets.output) ? 56 : 34,
    stacks: { input: ins.length > 0, output: outs.length > 0 },
  })
  return {
    t, look, geometry: shape, seats, sheets, behind: { input: ins, output: outs }, slices,
    tones: tonesOf(view, out, look.theme), titles: titlesOf(show, { channel, out, slices, t }),
    zoom: view.zoom, made: strength(show, slices[2], painting ? painting.touched : made),
  }
}

/** Up to three channels that follow the one in front. @param {number} front @param {number} all */
const others = (front, all) => Array.from({ length: Math.min(all - 1, 3) }, (_, i) => (front + i + 1) % all)

/** @param {import('./maps.mjs').Sheet} sheet */
const isCut = ({ own, rows, columns }) => own !== undefined && (own.bottom - own.top < rows || own.right - own.left < columns)

/** @param {Show} show @param {{ channel: number, out: number, slices: number[], t: import('../types').Say }} front */
function titlesOf({ view, shape }, { channel, out, slices, t }) {
  const deep = shape.rank === 3
  const front = (/** @type {number} */ at, /** @type {number} */ all, /** @type {number} */ slice) =>
    [all > 1 ? t('channel {c}', { c: at }) : '', deep ? t('slice {n}', { n: short(slice) }) : ''].filter(Boolean).join(' · ')
  const kernel = [1, ...lower(shape.sides.map((side) => side.kernel), shape.rank)]
  return {
    input: title(t('input'), view.input.shape, front(channel, view.input.shape[0], slices[0])),
    kernel: title(t('kernel'), kernel),
    output: title(t('output'), view.output.shape, front(out, view.output.shape[0], slices[2])),
  }
}

/** How clearly the cells of an output slice are seen: those that are not made yet are faint.
 * @param {Show} show @param {number} slice @param {Uint8Array | null} made */
function strength({ shape }, slice, made) {
  if (!made) return undefined
  const [down, across] = [1, 2].map((axis) => room(shape, 'output', axis))
  return (/** @type {number} */ row, /** @type {number} */ column) =>
    made[(slice * down.own + row - down.before) * across.own + column - across.before] ? 1 : FAINT
}

/** What moves, between two places.
 * @param {Show} show @param {{ from: number[], to: number[], part: number, depth: number, channel: number,
 *   terms: import('../types').Term[], lit: string | null }} moment @returns {import('./moving.mjs').Now} */
export function nowOf({ shape, kind, spreads }, { from, to, part, depth, channel, terms, lit }) {
  const windows = windowsBetween(shape, from, to, part, kind)
  const slice = slicesAt(shape, windowsAt(shape, from, kind), depth)[1]
  const seen = termsBy(terms, channel, slice)
  return { windows, seen, lit: litAt(shape, terms, lit, channel, slice), spreads }
}

/** @param {import('./geometry.mjs').Geometry} shape @param {import('../types').Term[]} terms @param {string | null} lit
 * @param {number} channel @param {number} slice */
function litAt(shape, terms, lit, channel, slice) {
  const term = lit ? terms.find((one) => keyOf(one.channel, one.tap) === lit) : undefined
  if (!term || term.channel !== channel) return null
  const [depth, row, column] = lift(term.tap)
  if (depth !== slice) return null
  const [, y, x] = lift(term.place)
  return { row, column, place: [y + room(shape, 'input', 1).before, x + room(shape, 'input', 2).before] }
}

/** The place whose window has this element of input or output nearest to its middle.
 * @param {Show} show @param {'input' | 'output'} name @param {number} row @param {number} column of the grid, padding counted
 * @param {number[]} now slice, row, column: the slice stays */
export function placeNear({ shape, sizes, spreads }, name, row, column, [slice]) {
  const own = [row, column].map((at, i) => at - room(shape, name, i + 1).before)
  const towards = own.map((at, i) => {
    const { stride, before, reach } = shape.sides[i + 1]
    if ((name === 'output') !== spreads) return at
    if (name === 'input' && shape.transposed) return at * stride - before + (reach - 1) / 2
    return Math.round((at + before - (reach - 1) / 2) / stride)
  })
  return within([slice, ...towards], sizes)
}

/** The place a number of steps on along one axis, or in reading order.
 * @param {Show} show @param {number[]} place @param {number} axis 0 slice, 1 row, 2 column @param {number} by */
export const moved = ({ sizes }, place, axis, by) => within(place.map((at, i) => (i === axis ? at + by : at)), sizes)

/** @param {Show} show @param {number} index */
export const placeAt = ({ sizes }, index) => placeOf(index, sizes)
