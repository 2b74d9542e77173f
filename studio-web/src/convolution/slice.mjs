/** The Convolution tab's slice of the state: its start, and itself in a link. */
import { writeRecipe } from '../core/spell.mjs'
import { FACE, PHOTOGRAPH } from './pictures.mjs'
import { weightCount, weightsFor } from './weights.mjs'

/** @typedef {import('../types').Conv} Conv @typedef {import('../types').Words} Words
 * @typedef {object} Slice
 * @property {string} recipe the line as it is typed
 * @property {Conv} conv the last one that was right
 * @property {null | { error: Words, ways: Words[], at?: [number, number] }} error of the line
 * @property {string} picture name @property {number} side pixels of the picture's longer side
 * @property {number[] | null} crop centre (row, column) and side of a square, as parts of the picture; null: all of it
 * @property {string} kernel the name of the numbers, 'own' where any was changed @property {string} base what they were before
 * @property {number[]} weight @property {number[]} bias
 * @property {number} out @property {number} channel @property {number[]} place
 * @property {'gather' | 'scatter'} view @property {boolean} playing @property {number} speed @property {number} zoom
 * @property {[number, number]} shift @property {string | null} guide
 * @property {Record<string, string> | null} unread what a link asks for, until its reader is here */

/** @param {string} name @returns {import('../types').Axis} */
const halfPadded = (name) => ({ name, kernel: 3, stride: 1, dilation: 1, padding: [1, 1], output_padding: 0 })

/** @type {Conv} */
const conv = { in_channels: 1, out_channels: 1, axes: ['H', 'W'].map(halfPadded), groups: 1, bias: true, padding_mode: 'zeros', transposed: false }
const KEYS = 'conv image side crop kernel edits bias out in at view paused speed zoom moved guide'.split(' ')
/** So many changed weights have room in an address. */
export const MOST_EDITS = 600

/** @type {Slice} */
export const START = {
  recipe: writeRecipe(conv),
  conv,
  error: null,
  picture: PHOTOGRAPH,
  side: 48,
  crop: FACE,
  kernel: 'sobel-x',
  base: 'sobel-x',
  weight: weightsFor(conv, 'sobel-x'),
  bias: [0],
  out: 0,
  channel: 0,
  place: [17, 8],
  view: 'gather',
  playing: true,
  speed: 1,
  zoom: 1,
  shift: [0, 0],
  guide: null,
  unread: null,
}

/** What differs from the start; own pictures stay out of a link, and the window's place while it slides.
 * @param {Slice} slice @param {number} [most] changed weights that it may hold @returns {Record<string, string>} */
export function toLink(slice, most = MOST_EDITS) {
  if (slice.unread) return slice.unread
  /** @type {Record<string, string>} */
  const link = {}
  const put = (/** @type {string} */ key, /** @type {unknown} */ value, /** @type {unknown} */ start) => {
    if (String(value) !== String(start)) link[key] = String(value)
  }
  put('conv', writeRecipe(slice.conv), START.recipe)
  if (!slice.picture.startsWith('own-')) put('image', slice.picture, START.picture)
  put('side', slice.side, START.side)
  put('crop', cropText(slice.crop), cropText(FACE))
  put('kernel', slice.base, START.base)
  put('edits', editsOf(slice).slice(0, most).map((pair) => pair.join('_')).join('_'), '')
  put('bias', slice.bias.map(short).join('_'), slice.bias.map(() => 0).join('_'))
  put('out', slice.out, 0)
  put('in', slice.channel, 0)
  if (!slice.playing) put('at', slice.place.join('_'), '')
  put('view', slice.view, START.view)
  put('paused', slice.playing ? '' : 1, '')
  put('speed', slice.speed, 1)
  put('zoom', short(slice.zoom), 1)
  put('moved', slice.shift.join('_'), '0_0')
  put('guide', slice.guide ?? '', '')
  return link
}

const short = (/** @type {number} */ x) => Number(x.toPrecision(6))

/** The piece of the picture as a link has it. @param {number[] | null} crop */
export const cropText = (crop) => (crop ? crop.map(short).join('_') : 'all')

/** Places and numbers that differ from the kernel's name; a link writes them as 0_1.5_8_-2.
 * @param {Slice} slice @returns {[number, number][]} */
export function editsOf({ kernel, conv: layer, base, weight }) {
  if (kernel !== 'own') return []
  const known = edits.get(weight)
  if (known !== undefined) return known
  const named = weightsFor(layer, base)
  const changed = weight.flatMap((value, i) => (value === named[i] ? [] : [/** @type {[number, number]} */ ([i, value])]))
  edits.set(weight, changed)
  return changed
}

/** A link is written once a frame: the edits of the same numbers are the same. @type {WeakMap<number[], [number, number][]>} */
const edits = new WeakMap()

/** What a link asks for, as it is written: `linked.mjs` reads it.
 * @param {URLSearchParams} link @returns {Partial<Slice>} */
export function fromLink(link) {
  const asked = [...link].filter(([key]) => KEYS.includes(key))
  return asked.length ? { unread: Object.fromEntries(asked) } : {}
}

/** @param {Conv} conv */
export const biasOf = ({ bias, out_channels }) => (bias ? new Array(out_channels).fill(0) : [])

/** Whether the numbers fit the layer. @param {Slice} slice */
export const isWhole = ({ conv: layer, weight, bias }) => weight.length === weightCount(layer) && bias.length === biasOf(layer).length
