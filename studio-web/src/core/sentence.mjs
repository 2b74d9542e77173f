import { inChinese, pair } from './words.mjs'

/** @typedef {import('../types').Words} Words */

const PLACE = /\{(\w+)(!r)?(?::([^}]*))?\}/g

/** A float of Python's, which is not the integer of the same value. */
export class Float {
  /** @param {number} value */
  constructor(value) {
    this.value = value
  }
}

/** A value of Python's that has no use here, such as a complex number: as it is written. */
export class Written {
  /** @param {string} text */
  constructor(text) {
    this.text = text
  }
}

/** What a user wrote that cannot be right: a code, the sentence with their numbers, ways out. */
export class Refused extends Error {
  /** @param {string} code @param {Words} words @param {Words[]} ways @param {[number, number]} [at] */
  constructor(code, words, ways, at) {
    super(words.en)
    this.code = code
    this.words = words
    this.ways = ways
    this.at = at
  }
}

/** Marks a text that is said later, so that a test finds its Chinese. @param {string} text */
export const say = (text) => text

/** A text with its facts in both languages, places written as Python writes them: {n}, {n!r}, {n:,}.
 * @param {string} text @param {Record<string, unknown>} [facts] @returns {Words} */
export function words(text, facts = {}) {
  return pair(fill(text, facts), () => fill(inChinese(text), facts))
}

/** A text that is the same in every language. @param {string} text @returns {Words} */
export const plain = (text) => ({ en: text, zh: text })

/** The refusal of a code: its sentence, then the ways out, all with the same facts.
 * @param {string} code @param {Record<string, unknown>} facts @param {string} text @param {...string} ways */
export function refusal(code, facts, text, ...ways) {
  return new Refused(
    code,
    words(text, facts),
    ways.map((way) => words(way, facts)),
  )
}

/** What `work` gives, or the refusal that it meets.
 * @template T @param {() => T} work @returns {{ value: T, refused: null } | { value: null, refused: Refused }} */
export function tried(work) {
  try {
    return { value: work(), refused: null }
  } catch (error) {
    if (error instanceof Refused) return { value: null, refused: error }
    throw error
  }
}

/** A value as Python's repr writes it. @param {unknown} value @returns {string} */
export function repr(value) {
  if (typeof value === 'string') return quoted(value)
  if (value === null || value === undefined) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (value instanceof Float) return floatText(value.value)
  if (value instanceof Written) return value.text
  if (Array.isArray(value)) return `(${value.map(repr).join(', ')}${value.length === 1 ? ',' : ''})`
  return String(value)
}

/** A float as Python writes it: with a point always, an exponent of two digits at least.
 * @param {number} value @returns {string} */
export function floatText(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf'
  const size = Math.abs(value)
  const text = size >= 1e16 || (size && size < 1e-4) ? value.toExponential() : String(value)
  const [digits, exponent] = text.split('e')
  if (exponent === undefined) return Number.isInteger(value) ? `${Object.is(value, -0) ? '-0' : digits}.0` : digits
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
}

/** Thousands apart by commas. @param {number | bigint} value */
export const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',')

/** The nearest whole number, a half to the even one, as Python rounds. @param {number} value */
export function halfEven(value) {
  const whole = Math.round(value)
  return whole - value === 0.5 && whole % 2 ? whole - 1 : whole
}

/** @param {string} text @param {Record<string, unknown>} facts */
function fill(text, facts) {
  return text.replace(PLACE, (place, name, quote, format) => {
    if (!(name in facts)) return place
    const value = facts[name]
    if (quote) return repr(value)
    if (format) return formatted(/** @type {number} */ (value), format)
    return typeof value === 'string' ? value : repr(value)
  })
}

/** @param {number} value @param {string} format */
function formatted(value, format) {
  if (format === ',') return grouped(value)
  if (format === '.1f') return (Number.isInteger(4 * value) ? halfEven(10 * value) / 10 : value).toFixed(1)
  return String(value)
}

/** @param {string} text */
function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')
  return mark + escaped.replaceAll(mark, `\\${mark}`) + mark
}
