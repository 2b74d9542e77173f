/** The Convolution tab's slice of the state: its start, and itself in a link. */
import { parseRecipe, writeRecipe } from '../core/recipe.mjs'
import { drawnCalled } from './drawn.mjs'
import { FACE, LARGEST, PHOTOGRAPH, SMALLEST } from './pictures.mjs'
import { undrawable } from './limits.mjs'
import { isKernelName, weightCount, weightsFor } from './weights.mjs'

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
 * @property {[number, number]} shift @property {string | null} guide */

const conv = /** @type {Conv} */ (parseRecipe('nn.Conv2d(1, 1, kernel_size=3, padding=1)').conv)
const MOST_EDITS = 600

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
}

/** What differs from the start; own pictures stay out of a link, and the window's place while it slides.
 * @param {Slice} slice @returns {Record<string, string>} */
export function toLink(slice) {
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
  put('edits', editsOf(slice), '')
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

/** Places and numbers that differ from the kernel's name: 0_1.5_8_-2.
 * @param {Slice} slice */
function editsOf({ kernel, conv: layer, base, weight }) {
  if (kernel !== 'own') return ''
  const known = edits.get(weight)
  if (known !== undefined) return known
  const named = weightsFor(layer, base)
  const changed = weight.flatMap((value, i) => (value === named[i] ? [] : [[i, value]]))
  const text = changed.slice(0, MOST_EDITS).flat().join('_')
  edits.set(weight, text)
  return text
}

/** A link is written once a frame: the edits of the same numbers are the same. @type {WeakMap<number[], string>} */
const edits = new WeakMap()

/** Changes that a link asks for; what is not understood, or cannot be, is left out.
 * @param {URLSearchParams} link @returns {Partial<Slice>} */
export function fromLink(link) {
  /** @type {Partial<Slice>} */
  const changes = {}
  const text = link.get('conv')
  const read = text && text.length < 2000 ? parseRecipe(text) : null
  const asked = read?.conv && !undrawable(read.conv) ? read.conv : START.conv
  if (asked !== START.conv) Object.assign(changes, { conv: asked, recipe: writeRecipe(asked), place: asked.axes.map(() => 0) })
  Object.assign(changes, numbersFrom(link, asked), lookFrom(link), frontFrom(link, asked))
  return changes
}

/** @param {URLSearchParams} link @param {Conv} asked @returns {Partial<Slice>} */
function numbersFrom(link, asked) {
  if (asked === START.conv && !['kernel', 'edits', 'bias'].some((key) => link.has(key))) return {}
  const name = link.get('kernel')
  const base = name && isKernelName(name) ? name : START.base
  const weight = weightsFor(asked, base)
  const asEdited = numbers(link.get('edits')) ?? []
  let changed = false
  for (let i = 0; i + 1 < asEdited.length; i += 2) {
    const index = asEdited[i]
    if (!Number.isInteger(index) || index < 0 || index >= weight.length) continue
    weight[index] = asEdited[i + 1]
    changed = true
  }
  const bias = numbers(link.get('bias'))
  const fits = bias && asked.bias && bias.length === asked.out_channels
  return { base, kernel: changed ? 'own' : base, weight, bias: fits ? bias : biasOf(asked) }
}

/** @param {Conv} conv */
export const biasOf = ({ bias, out_channels }) => (bias ? new Array(out_channels).fill(0) : [])

/** @param {URLSearchParams} link @returns {Partial<Slice>} */
function lookFrom(link) {
  /** @type {Partial<Slice>} */
  const look = {}
  const picture = link.get('image')
  if (picture && (picture === PHOTOGRAPH || drawnCalled(picture))) look.picture = picture
  const side = Number(link.get('side') ?? NaN)
  if (Number.isInteger(side) && side >= SMALLEST && side <= LARGEST) look.side = side
  const crop = numbers(link.get('crop'))
  if (link.get('crop') === 'all') look.crop = null
  else if (crop?.length === 3 && crop.every((x) => x >= 0 && x <= 1) && crop[2] >= 0.02) look.crop = crop
  const shift = numbers(link.get('moved'))
  if (shift?.length === 2 && shift.every((x) => Number.isInteger(x) && Math.abs(x) <= LARGEST)) look.shift = [shift[0], shift[1]]
  return look
}

/** @param {URLSearchParams} link @param {Conv} asked @returns {Partial<Slice>} */
function frontFrom(link, asked) {
  /** @type {Partial<Slice>} */
  const front = {}
  const whole = (/** @type {string} */ key, /** @type {number} */ below) => {
    const n = Number(link.get(key) ?? NaN)
    return Number.isInteger(n) && n >= 0 && n < below ? n : undefined
  }
  const place = numbers(link.get('at'))
  const speed = Number(link.get('speed') ?? NaN)
  const zoom = Number(link.get('zoom') ?? NaN)
  const guide = link.get('guide')
  Object.assign(front, { out: whole('out', asked.out_channels), channel: whole('in', asked.in_channels) })
  if (place?.length === asked.axes.length && place.every((x) => Number.isInteger(x) && x >= 0 && x < 1e6)) front.place = place
  if (link.get('view') === 'scatter') front.view = 'scatter'
  if (link.get('paused')) front.playing = false
  if (speed >= 0.1 && speed <= 1000) front.speed = speed
  if (zoom >= 1 && zoom <= 64) front.zoom = zoom
  if (guide && /^[\w-]{1,40}$/.test(guide)) front.guide = guide
  return Object.fromEntries(Object.entries(front).filter(([, value]) => value !== undefined))
}

/** Numbers between underlines; null where one is none.
 * @param {string | null} text */
function numbers(text) {
  if (!text || text.length > 40_000) return null
  const all = text.split('_').map((word) => (word === '' ? NaN : Number(word)))
  return all.every(Number.isFinite) ? all : null
}

/** Whether the numbers fit the layer. @param {Slice} slice */
export const isWhole = ({ conv: layer, weight, bias }) => weight.length === weightCount(layer) && bias.length === biasOf(layer).length
