import { short } from './half-width.mjs'
import { refusal, say } from './sentence.mjs'

const KEYWORD = /^(assert|async|class|def|del|for|from|global|if|import|pass|raise|return|try|while|with)\b/
const PIECE = /\\\n|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|#[^\n]*|./gsu
const LAYER = /Conv(?:Transpose)?[123]d\s*\(/
const EXAMPLE = say('such as "nn.Conv2d(3, 64, 7, stride=2)"')

/** The refusal of what is an expression, and no call. @param {string} text */
export const noCall = (text) => refusal('not-a-call', { text: short(text) }, say('{text!r} is not a call of a convolution'), EXAMPLE)

/** Why a text is no expression: nothing, a statement, several of them, or no Python.
 * @param {string} text @param {string} plain the text with half-width signs */
export function unread(text, plain) {
  if (!plain.trim()) return refusal('no-line', {}, say('no layer is written yet'), EXAMPLE)
  const parts = statements(plain)
  if (parts.length > 1) {
    const line = parts.find((part) => LAYER.test(part))
    return refusal('several-statements', { text: short(text), line }, say('{text!r} has more than one statement; one layer is read at a time'), line ? '{line}' : EXAMPLE)
  }
  if (KEYWORD.test(plain.trimStart())) return noCall(text)
  return refusal('not-code', { text: short(text) }, say('{text!r} is not a line of Python'), EXAMPLE)
}

/** What stands between line ends and ';' outside of brackets, texts and comments. @param {string} text */
export function statements(text) {
  const parts = ['']
  let depth = 0
  for (const [piece] of text.matchAll(PIECE)) {
    depth += Number('([{'.includes(piece)) - Number(')]}'.includes(piece))
    if (depth <= 0 && ';\n'.includes(piece)) parts.push('')
    else if (!piece.startsWith('#')) parts[parts.length - 1] += piece
  }
  return parts.map((part) => part.trim()).filter(Boolean)
}
