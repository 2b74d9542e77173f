/** What a link asks of the Convolution tab. */
import { parseRecipe } from '../core/recipe.mjs'
import { writeRecipe } from '../core/spell.mjs'
import { drawnCalled } from './drawn.mjs'
import { undrawable } from './limits.mjs'
import { LARGEST, PHOTOGRAPH, SMALLEST } from './pictures.mjs'
import { START, biasOf } from './slice.mjs'
import { isKernelName, weightsFor } from './weights.mjs'

/** Letters of the changed weights, of a page in a file too. */
const LONGEST = 1_000_000

/** @typedef {import('../types').Conv} Conv @typedef {import('./slice.mjs').Slice} Slice */

/** Changes that a link asks for; what is not understood, or cannot be, is left out.
 * @param {URLSearchParams} link @returns {Partial<Slice>} */
export function readLink(link) {
  /** @type {Partial<Slice>} */
  const changes = { unread: null }
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
  if (!text || text.length > LONGEST) return null
  const all = text.split('_').map((word) => (word === '' ? NaN : Number(word)))
  return all.every(Number.isFinite) ? all : null
}
