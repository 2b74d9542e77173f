import { short } from '../core/number.mjs'
import { inside } from './fields.mjs'

/** Sentences about layers and pixels. No DOM. */

/** @typedef {import('../types').Say} Say @typedef {import('./types').Layer} Layer @typedef {import('./types').Pixel} Pixel */
/** @typedef {import('./types').Field} Field */

/** What a layer does, in a word or two.
 * @param {Say} t @param {Layer} layer */
export function whatOf(t, { kind, kernel, groups, channels, sum }) {
  if (kernel && sum === 'conv') {
    const window = kernel.join(' × ')
    if (groups && groups > 1) return t(groups === channels ? '{window} depthwise' : '{window} in {groups} groups', { window, groups })
    return `${window} ${/transpose/i.test(kind) ? t('transposed') : t('conv')}`
  }
  if (sum === 'norm') return t('norm')
  if (sum === 'add') return t('add')
  return kind
}

/** What a pixel sees and holds, in words.
 * @param {Say} t @param {Pixel} pixel @param {Field | null} field @param {{ height: number, width: number }} input @param {string} value */
export function pixelSays(t, { layer, channel, row, column }, field, input, value) {
  const place = { layer, channel, row, column, value }
  if (!field) return t('Layer {layer}, channel {channel}, row {row}, column {column}: {value}', place)
  const { rows, columns } = inside(field, input)
  return t('Layer {layer}, channel {channel}, row {row}, column {column} sees rows {top}–{bottom}, columns {left}–{right} of the picture: {value}', {
    ...place,
    top: rows[0],
    bottom: rows[1],
    left: columns[0],
    right: columns[1],
  })
}

/** A share in percent.
 * @param {number} share */
export function percent(share) {
  const of100 = 100 * share
  if (of100 > 0 && of100 < 0.1) return '< 0.1\u202f%'
  return `${of100 >= 10 || of100 === 0 ? Math.round(of100) : of100.toFixed(1)}\u202f%`
}

/** A value read from bytes: about as exact as they are.
 * @param {number} value @param {number} span from the map's lowest to its highest */
export function about(value, span) {
  if (value === 0 || span === 0) return short(value)
  const digits = Math.max(0, Math.ceil(-Math.log10(span / 255)))
  return short(Number(value.toFixed(Math.min(20, digits))))
}

/** A tensor's size with its own sign between.
 * @param {number[]} sizes */
export const times = (sizes) => sizes.join(' × ')
