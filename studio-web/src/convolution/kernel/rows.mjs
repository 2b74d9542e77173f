import { halfWidth, short } from '../../core/half-width.mjs'
import { say, words } from '../say.mjs'

/** @typedef {import('../../types').Words} Words */

const EXAMPLE = say("put spaces between numbers and ';' between rows: '1 0 -1; 2 0 -2; 1 0 -1'")

/** Rows of numbers as people write or paste them: by line, by ';', in brackets, as NumPy and torch print them, with a
 * factor before or a divisor behind ("1/9 * [[1 1 1] …]").
 * @param {string} text @returns {{ rows: number[][], refused: null } | { rows: null, refused: { error: Words, ways: Words[] } }} */
export function readRows(text) {
  const { plain } = halfWidth(text.trim())
  const { factor, inside } = unwrapped(plain)
  const lines = inside.split(/[\n;]+|\]\s*,?\s*\[/).map((line) => line.replace(/[[\](){},，\s]+/g, ' ').trim())
  const written = lines.filter(Boolean).map((line) => line.split(' '))
  const rows = written.map((line) => line.map((word) => numberOf(word) * factor))
  const wrong = written.flat().find((word) => !Number.isFinite(numberOf(word)))
  if (wrong !== undefined || !rows.length) return refusedNumber(wrong ?? text.trim())
  const lengths = rows.map((row) => row.length)
  if (new Set(lengths).size === 1) return { rows, refused: null }
  const facts = { lengths: lengths.join(', ') }
  return { rows: null, refused: { error: words(say('the rows have {lengths} numbers; every row must have the same length'), facts), ways: [words(EXAMPLE)] } }
}

/** @param {string} word */
const refusedNumber = (word) => ({ rows: null, refused: { error: notANumber(word), ways: [words(EXAMPLE)] } })

/** The sentence about a word that is no number. @param {string} word */
export const notANumber = (word) => words(say("'{word}' is not a number"), { word: short(word) })

/** What to write instead of a number with a decimal comma. @param {string} word @returns {Words[]} */
export function withPoint(word) {
  const number = halfWidth(word.trim()).plain.replace(/^([-+]?\d*),(?=\d+$)/, '$1.')
  return NUMBER.test(number) ? [words(say('write {number}'), { number })] : []
}

/** A number as it is typed: 3, −0.5, 1/9, 1e-3, full-width too; NaN for what is none.
 * @param {string} word */
export function numberOf(word) {
  const { plain } = halfWidth(word.trim())
  const [above, below, ...more] = plain.split('/')
  if (more.length || !NUMBER.test(above) || (below !== undefined && !NUMBER.test(below))) return NaN
  return below === undefined ? Number(above) : Number(above) / Number(below)
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i
const CALL = /^(?:\w+\.)*(?:as_?)?(?:array|tensor|matrix|list|tuple|parameter|(?:float|double|int|long)tensor)\s*\(([^]*)\)$/i
const TYPE = /,\s*(?:dtype\s*=\s*)?(?:np\.|numpy\.|torch\.)?[a-z]+\d*\s*$/
const FACTOR = /^([-+]?[\d./]+(?:e[-+]?\d+)?)\s*[*×·]?\s*(?=[[({])/i
const DIVISOR = /([\])}])\s*\/\s*([\d.]+)$/

/** @param {string} plain */
function unwrapped(plain) {
  let factor = 1
  let inside = plain
  const divisor = DIVISOR.exec(inside)
  if (divisor) {
    factor /= Number(divisor[2])
    inside = inside.slice(0, divisor.index + 1)
  }
  const before = FACTOR.exec(inside)
  if (before) {
    factor *= numberOf(before[1])
    inside = inside.slice(before[0].length)
  }
  const call = CALL.exec(inside)
  return { factor, inside: call ? call[1].replace(TYPE, '') : inside }
}
