import { computed } from './arithmetic.mjs'
import { halfWidth } from './half-width.mjs'
import { Float, Written } from './sentence.mjs'
import { noCall, statements, unread } from './unread.mjs'

// One call in a line of Python, read and never executed: its name and its arguments, each with its place in the text.

/**
 * @typedef {object} Node What stands in an argument.
 * @property {'value' | 'name' | 'call' | 'other'} kind
 * @property {unknown} [value] number, bigint, Float, string, boolean, null, or an array of them
 * @property {string} [name] of a name or of what is called @property {Argument[]} [args]
 * @property {boolean} [signed] @property {number} from @property {number} to
 */
/** @typedef {{ name: string | null, node: Node }} Argument */
/** @typedef {{ kind: 'number' | 'string' | 'word' | 'sign', text: string, from: number, to: number }} Token */
/** @typedef {{ prefix: string, name: string, args: Argument[], text: string, source: (node: Node) => string, at: (node: Node) => [number, number] }} Call */

const NAMED = /^\s*(\(\w+\):|[\w.]+ *=(?!=))?\s*/
const TOKENS =
  /\s+|#.*|((?:0[xob])?\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\.\d[\w]*)|([rbfuRBFU]{0,2}(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))|([\p{L}_][\p{L}\p{N}_]*)|(\*\*|\/\/|<<|>>|[=!<>]=|[-+*/%@&|^~<>()[\]{},.:=])/uy
const OPERATORS = new Set('+ - * / // % ** @ & | ^ << >> < > == != <= >= and or in is not if else'.split(' '))

/** The call that a text is; the layer in `Conv2d(8, 3, 3)(x)` and in `model.add(…)`. Throws a Refused for anything else.
 * @param {string} text @returns {Call} */
export function called(text) {
  const { plain, places } = halfWidth(text)
  const start = /** @type {RegExpExecArray} */ (NAMED.exec(plain))[0].length
  const end = plain.trimEnd().replace(/,$/, '').length
  const node = statements(plain).length > 1 ? null : parse(plain.slice(0, end), start)
  if (!node) throw unread(text, plain)
  if (node.kind !== 'call') throw noCall(text)
  const layer = layerIn(node)
  const name = /** @type {string} */ (layer.name)
  return {
    prefix: name.slice(0, Math.max(name.lastIndexOf('.'), 0)),
    name: name.slice(name.lastIndexOf('.') + 1),
    args: /** @type {Argument[]} */ (layer.args),
    text,
    source: ({ from, to }) => plain.slice(from, to),
    at: ({ from, to }) => [places[from], places[to - 1] + 1],
  }
}

/** @param {Node} node @returns {Node} */
function layerIn(node) {
  const [only, ...others] = /** @type {Argument[]} */ (node.args)
  const adds = node.name?.endsWith('.add') && only && !others.length && only.node.kind === 'call'
  return adds ? only.node : node
}

/** @param {string} text @param {number} start @returns {Node | null} null where it is no expression */
function parse(text, start) {
  const tokens = tokensOf(text, start)
  if (!tokens) return null
  const reader = new Reader(tokens)
  const node = reader.expression()
  if (!node || !reader.next) return node
  return reader.takes(',') && reader.list(() => !reader.next) ? { kind: 'other', from: node.from, to: text.length } : null
}

/** @param {string} text @param {number} start @returns {Token[] | null} */
function tokensOf(text, start) {
  /** @type {Token[]} */
  const tokens = []
  TOKENS.lastIndex = start
  while (TOKENS.lastIndex < text.length) {
    const from = TOKENS.lastIndex
    const found = TOKENS.exec(text)
    if (!found) return null
    const kind = (/** @type {const} */ (['number', 'string', 'word', 'sign'])).find((_, i) => found[i + 1] !== undefined)
    if (kind) tokens.push({ kind, text: found[0], from, to: TOKENS.lastIndex })
  }
  return tokens
}

class Reader {
  /** @param {Token[]} tokens */
  constructor(tokens) {
    this.tokens = tokens
    this.i = 0
    this.depth = 0
  }

  /** @returns {Token | undefined} */
  get next() {
    return this.tokens[this.i]
  }

  /** @param {string} text */
  takes(text) {
    if (this.next?.kind === 'sign' && this.next.text === text) return this.tokens[this.i++]
    return null
  }

  /** @returns {Node | null} */
  expression() {
    if (this.depth > 90) return null
    this.depth++
    const first = this.operand()
    let last = first
    const [numbers, signs] = [[first?.value], /** @type {string[]} */ ([])]
    while (last && this.next && OPERATORS.has(this.next.text) && this.next.kind !== 'string') {
      signs.push(this.operator())
      last = this.operand()
      numbers.push(last?.value)
    }
    this.depth--
    if (!first || !last || !signs.length) return last
    const value = computed(numbers, signs)
    return { ...(value === null ? { kind: 'other' } : { kind: 'value', value }), from: first.from, to: last.to }
  }

  /** A sign or words between two operands, such as "not in". */
  operator() {
    const from = this.i++
    while (this.next?.kind === 'word' && OPERATORS.has(this.next.text)) this.i++
    return this.tokens.slice(from, this.i).map(({ text }) => text).join(' ')
  }

  /** @returns {Node | null} */
  operand() {
    const sign = this.takes('-') ?? this.takes('+') ?? this.takes('~')
    if (sign) return negated(sign, this.operand())
    let node = this.atom()
    while (node) {
      if (this.takes('.')) node = this.attribute(node)
      else if (this.takes('(')) node = this.call(node)
      else if (this.takes('[')) node = this.subscript(node.from)
      else break
    }
    return node
  }

  /** @returns {Node | null} */
  atom() {
    const token = this.next
    if (!token) return null
    this.i++
    const { from, to } = token
    if (token.kind === 'number') return numberOf(token)
    if (token.kind === 'string') return this.strings(token)
    if (token.kind === 'word') {
      if (token.text in CONSTANTS) return { kind: 'value', value: CONSTANTS[token.text], from, to }
      if (token.text === 'not') return negated(token, this.operand())
      if (token.text === 'lambda') return this.skipped(from)
      return OPERATORS.has(token.text) ? null : { kind: 'name', name: token.text, from, to }
    }
    if (token.text === '(') return this.tuple(')', from)
    if (token.text === '[') return this.tuple(']', from)
    if (token.text === '{') return this.braces(from)
    return null
  }

  /** @param {Node} owner @returns {Node | null} */
  attribute(owner) {
    const token = this.next
    if (token?.kind !== 'word') return null
    this.i++
    return { kind: 'name', name: `${owner.kind === 'name' ? owner.name : '()'}.${token.text}`, from: owner.from, to: token.to }
  }

  /** @param {Node} owner @returns {Node | null} */
  call(owner) {
    /** @type {Argument[]} */
    const args = []
    let named = false
    let end
    while (!(end = this.takes(')'))) {
      const star = this.takes('**') ?? this.takes('*')
      const name = star ? (star.text === '**' ? '**' : null) : this.keyword('=')
      const walrus = name === null && this.keyword(':', '=') !== null
      const node = this.expression()
      if (!node || (named && name === null && !star)) return null
      named ||= name !== null
      args.push({ name, node: star || walrus ? { kind: 'other', from: star?.from ?? node.from, to: node.to } : node })
      if (!this.takes(',') && !this.closes(')')) return null
    }
    if (owner.kind === 'call') return { ...owner, to: end.to }
    if (owner.kind !== 'name') return { kind: 'other', from: owner.from, to: end.to }
    return { kind: 'call', name: owner.name, args, from: owner.from, to: end.to }
  }

  /** A name with these signs behind it. @param {...string} signs @returns {string | null} */
  keyword(...signs) {
    const [word, ...behind] = this.tokens.slice(this.i, this.i + 1 + signs.length)
    if (word?.kind !== 'word' || !signs.every((sign, i) => behind[i]?.text === sign)) return null
    this.i += 1 + signs.length
    return word.text
  }

  /** Entries with commas between, up to an end. @param {() => boolean} ends @returns {Node[] | null} */
  list(ends) {
    /** @type {Node[]} */
    const entries = []
    while (!ends()) {
      const star = this.takes('*')
      const node = this.expression()
      if (!node) return null
      entries.push(star ? { kind: 'other', from: star.from, to: node.to } : node)
      if (!this.takes(',') && !ends()) return null
    }
    return entries
  }

  /** What reaches to the next comma or closing bracket and is not read. @param {number} from @returns {Node | null} */
  skipped(from) {
    let to = from
    for (let depth = 0; this.next; this.i++) {
      if ('([{'.includes(this.next.text)) depth++
      if (')]}'.includes(this.next.text) && --depth < 0) break
      if (this.next.text === ',' && !depth) break
      to = this.next.to
    }
    return to > from ? { kind: 'other', from, to } : null
  }

  /** @param {string} sign */
  closes(sign) {
    return this.next?.kind === 'sign' && this.next.text === sign
  }

  /** @param {')' | ']'} closing @param {number} from @returns {Node | null} */
  tuple(closing, from) {
    const entries = this.list(() => this.closes(closing))
    const end = this.takes(closing)
    if (!entries || !end) return null
    const bracketed = closing === ')' && entries.length === 1 && this.tokens[this.i - 2].text !== ','
    if (bracketed) return { ...entries[0], from, to: end.to }
    if (entries.some(({ kind }) => kind !== 'value')) return { kind: 'other', from, to: end.to }
    return { kind: 'value', value: entries.map(({ value }) => value), from, to: end.to }
  }

  /** @param {number} from @returns {Node | null} */
  subscript(from) {
    if (this.closes(']')) return null
    while (!this.closes(']')) if (!this.takes(':') && !this.takes(',') && !this.expression()) return null
    return { kind: 'other', from, to: /** @type {Token} */ (this.takes(']')).to }
  }

  /** @param {number} from @returns {Node | null} */
  braces(from) {
    while (!this.closes('}')) if (!this.takes(':') && !this.takes(',') && !this.takes('**') && !this.expression()) return null
    return { kind: 'other', from, to: /** @type {Token} */ (this.takes('}')).to }
  }

  /** @param {Token} first @returns {Node} */
  strings(first) {
    let [text, plain, last] = ['', true, first]
    for (let token = first; ; token = /** @type {Token} */ (this.tokens[this.i++])) {
      const [, prefix, body] = /** @type {RegExpExecArray} */ (/^(\w*)(['"].*)$/s.exec(token.text))
      plain &&= !/[bf]/i.test(prefix)
      text += /r/i.test(prefix) ? body.slice(1, -1) : body.slice(1, -1).replace(/\\(.)/gs, (_, letter) => ESCAPES[letter] ?? `\\${letter}`)
      last = token
      if (this.next?.kind !== 'string') break
    }
    return { kind: plain ? 'value' : 'other', value: text, from: first.from, to: last.to }
  }
}

const CONSTANTS = /** @type {Record<string, unknown>} */ ({ True: true, False: false, None: null })
const ESCAPES = /** @type {Record<string, string>} */ ({ n: '\n', t: '\t', r: '\r', 0: '\0', '\\': '\\', "'": "'", '"': '"', '\n': '' })

/** @param {Token} token @returns {Node | null} */
function numberOf({ text, from, to }) {
  const digits = text.replaceAll(/(?<=[\da-fA-F])_(?=[\da-fA-F])/g, '')
  if (/^(0+|[1-9]\d*|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(digits)) {
    const whole = BigInt(digits)
    return { kind: 'value', value: whole <= Number.MAX_SAFE_INTEGER ? Number(whole) : whole, from, to }
  }
  if (/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(digits) && !/^0\d+$/.test(digits))
    return { kind: 'value', value: new Float(Number(digits)), from, to }
  return /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[jJ]$/.test(digits) ? { kind: 'value', value: new Written(digits), from, to } : null
}

/** @param {Token} sign @param {Node | null} node @returns {Node | null} */
function negated(sign, node) {
  if (!node) return null
  const { value, to } = node
  const number = typeof value === 'number' || typeof value === 'bigint' || value instanceof Float
  const twice = node.signed && !Number.isSafeInteger(value)
  if (node.kind !== 'value' || !number || twice || '~not'.includes(sign.text)) return { kind: 'other', from: sign.from, to }
  if (sign.text === '+') return { ...node, signed: true, from: sign.from }
  return { kind: 'value', value: value instanceof Float ? new Float(-value.value) : -value, signed: true, from: sign.from, to }
}
