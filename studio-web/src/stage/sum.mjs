import { html, nothing, render } from 'lit-html'
import { count as grouped, exact, near, short } from '../core/number.mjs'
import { count, running } from './products.mjs'

/** @typedef {import('./products.mjs').Sum} Sum @typedef {import('./products.mjs').Part} Part */
/** @typedef {import('./products.mjs').Product} Product @typedef {import('../types').App} App */

/** Page pixels that the sum takes, a chip around its text, and a sign of it. */
const TOTAL = 264
const AROUND = 18
const SIGN = 7
/** So many products are seen without scrolling. */
const IN_VIEW = 30

/** The arithmetic strip: a chip a product, the growing sum, the bias, and what the cell holds with its rounding.
 * @param {HTMLElement} el @param {App} app
 * @param {{ light?: (key: string | null) => void, close?: () => void, holder?: () => string }} [on]
 * `light`: a chip is pointed at; `close`: Escape; `holder`: words for the cell that the sum makes */
export function createSum(el, app, on = {}) {
  /** @type {Sum | null} */
  let sum = null
  /** @type {ReturnType<typeof running>} */
  let steps = new Map()
  /** @type {string | null} */
  let lit = null
  /** Channels whose fold was turned by hand. @type {Map<number, boolean>} */
  const turned = new Map()
  let front = 0

  const light = (/** @type {string | null} */ key) => {
    if (key === lit) return
    lit = key
    on.light?.(key)
    show()
  }
  const isOpen = (/** @type {Part} */ { channel }) =>
    turned.get(channel) ?? (sum?.parts.length === 1 || channel === front)
  const turn = (/** @type {Part} */ part) => {
    turned.set(part.channel, !isOpen(part))
    show()
  }
  const show = () => {
    render(sum ? sumView(app, { sum, steps, lit, light, isOpen, turn, holder: on.holder?.() ?? '' }) : nothing, el)
    arrange(el, sum?.parts[0]?.columns ?? 0, sum ? chipWidth(sum) : 0)
    for (const one of el.querySelectorAll('[data-part]')) {
      const { style, dataset } = /** @type {HTMLElement} */ (one)
      style.setProperty('--part', dataset.part ?? '0')
    }
  }
  el.classList.add('sum')
  el.addEventListener('keydown', (event) => walk(event, el, on.close ?? (() => {})))
  el.addEventListener('pointerleave', () => light(null))

  return {
    /** @param {Sum | null} next @param {number} [channel] the channel whose products are unfolded when there are many */
    draw(next, channel = 0) {
      sum = next
      front = channel
      steps = next ? running(next) : new Map()
      if (lit && !steps.has(lit)) lit = null
      show()
    },
    /** Lights a chip from outside. @param {string | null} key */
    light(key) {
      lit = key && steps.has(key) ? key : null
      show()
    },
    /** Opens the strip as a list that the keyboard walks. */
    focus() {
      const first = /** @type {HTMLElement | null} */ (el.querySelector('[data-key]'))
      first?.focus()
    },
    /** The texts of the chips and of the sum, as they are seen. */
    texts: () => [...el.querySelectorAll('.chip, .total output')].map((chip) => chip.textContent?.replace(/\s+/g, ' ').trim() ?? ''),
  }
}

/** Chips in as many columns as the kernel has where they fit; the sum beside them, or over them where there is no room.
 * @param {HTMLElement} el @param {number} columns @param {number} chip */
function arrange(el, columns, chip) {
  const beside = el.clientWidth - TOTAL > columns * (chip + 4)
  el.style.setProperty('--chip', `${chip}px`)
  el.style.setProperty('--columns', String(columns))
  el.classList.toggle('squared', columns > 1 && (beside || el.clientWidth > columns * (chip + 4)))
  el.classList.toggle('over', !beside)
}

/** How wide the chips are that any three digits fit where now are less: they do not jump while the window slides.
 * @param {Sum} sum */
function chipWidth({ parts }) {
  const signs = parts.flatMap(({ products }) => products.map(({ weight, value }) => Math.max(factors(weight, value).length, factors(weight, 999).length)))
  return Math.ceil(Math.max(0, ...signs) * SIGN) + AROUND
}

/** @param {App} app @param {{ sum: Sum, steps: ReturnType<typeof running>, lit: string | null, holder: string,
 *   light: (key: string | null) => void, isOpen: (part: Part) => boolean, turn: (part: Part) => void }} facts */
function sumView(app, { sum, steps, lit, light, isOpen, turn, holder }) {
  const { t } = app
  const most = Math.max(...sum.parts.flatMap(({ products }) => products.map(({ product }) => Math.abs(product))), 0)
  const many = sum.parts.length > 1
  const entry = lit ?? sum.parts.find(isOpen)?.products[0]?.key
  const chips = (/** @type {Part} */ { products }) => products.map((product) => chip(app, product, most, lit === product.key, light, product.key === entry))
  return html`
    <div class="parts" role="group" aria-label=${t('The sum, product by product')}>
      ${sum.parts.map((part) =>
        many
          ? html`<div class="part">
              <button class="fold ${sign(part.partial)}" aria-expanded=${isOpen(part)} @click=${() => turn(part)}>
                ${t('channel {c}', { c: part.channel })} <b>${signed(part.partial)}</b>
              </button>
              ${isOpen(part) ? html`<ol class="chips">${chips(part)}</ol>` : nothing}
            </div>`
          : html`<ol class="chips">${chips(part)}</ol>`,
      )}
      ${sum.bias === null ? nothing : html`<span class="chip bias ${sign(sum.bias)}" tabindex="-1" data-key="bias" @focus=${() => app.tell(`${signed(Number(sum.bias))} ${t('bias')}`)}>${signed(sum.bias)} <small>${t('bias')}</small></span>`}
    </div>
    ${total(app, sum, lit ? steps.get(lit) : undefined, holder)}
  `
}

/** @param {App} app @param {Product} product @param {number} most @param {boolean} lit @param {(key: string | null) => void} light
 * @param {boolean} entry whether Tab comes to this chip */
function chip({ t, tell }, product, most, lit, light, entry) {
  const { key, value, weight, padding } = product
  const kind = `${sign(product.product)}${padding ? ' outside' : ''}${lit ? ' lit' : ''}`
  const focus = () => {
    light(key)
    const told = padding ? t('{product} = {sum}, from the padding', facts()) : `${facts().product} = ${facts().sum}`
    tell(told)
  }
  const facts = () => ({ product: factors(weight, value), sum: short(product.product) })
  const part = most ? Math.abs(product.product) / most : 0
  return html`<li class="chip ${kind}" tabindex=${entry ? 0 : -1} data-key=${key} data-part=${part.toFixed(3)}
    @pointerenter=${() => light(key)} @focus=${focus}>${factors(weight, value)}</li>`
}

/** @param {App} app @param {Sum} sum @param {{ product: Product, so: number, at: number } | undefined} step @param {string} holder */
function total({ t }, sum, step, holder) {
  if (sum.spread) return html`<div class="total"><p class="so">${t('{n} products, each added to a different output', { n: count(sum) })}</p></div>`
  const off = sum.shown - sum.exact
  const held = { value: sum.kind === 'float32' ? single(sum.shown) : exact(sum.shown), kind: sum.kind, sum: exact(sum.exact) }
  return html`<div class="total">
    <output class=${sign(sum.shown)} aria-live="off">${near(sum.shown)}</output>
    <p class="so">
      ${step
        ? t('{product} = {value}; the first {n} sum to {so}', {
            product: factors(step.product.weight, step.product.value), value: short(step.product.product), n: step.at, so: short(step.so),
          })
        : holder}
    </p>
    ${manyWords(t, sum)}
    ${off === 0
      ? html`<p class="rounding">${t('exactly {value}, in {kind} too', held)}</p>`
      : html`<details class="rounding">
          <summary>${t('rounded by {off}', { off: short(Math.abs(off)) })}</summary>
          <p>${t('{kind} holds {value}; the sum in float64 is {sum}', held)}</p>
        </details>`}
  </div>`
}

/** How many products there are, where not all can be in view. @param {import('../types').Say} t @param {Sum} sum */
function manyWords(t, sum) {
  const products = sum.parts.flatMap((part) => part.products)
  if (products.length <= IN_VIEW) return nothing
  const some = products.filter(({ product }) => product !== 0).length
  return html`<p>${t('{n} products, {some} of them not 0', { n: grouped(products.length), some: grouped(some) })}</p>`
}

/** Arrows walk the chips, Home and End go to the ends, Escape leaves.
 * @param {KeyboardEvent} event @param {HTMLElement} el @param {() => void} close */
function walk(event, el, close) {
  const chips = /** @type {HTMLElement[]} */ ([...el.querySelectorAll('[data-key], .fold')])
  const at = chips.indexOf(/** @type {HTMLElement} */ (event.composedPath()[0]))
  const steps = /** @type {Record<string, number>} */ ({ ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: chips.length - 1 })
  if (event.key === 'Escape') close()
  else if (event.key in steps) chips[Math.min(Math.max(steps[event.key], 0), chips.length - 1)]?.focus()
  else return
  event.preventDefault()
  event.stopPropagation()
}

const sign = (/** @type {number} */ number) => (number > 0 ? 'plus' : number < 0 ? 'minus' : 'zero')

/** The shortest digits that name a float32. @param {number} value */
export function single(value) {
  for (let digits = 1; digits < 10; digits++) {
    const near = Number(value.toPrecision(digits))
    if (Math.fround(near) === value) return exact(near)
  }
  return exact(value)
}

/** A number with its sign, also where it is a plus. @param {number} number */
const signed = (number) => `${number < 0 ? '−' : '+'} ${short(Math.abs(number))}`

/** A product as it stands in a sum: its sign, then the factors; two minuses are written out.
 * @param {number} weight @param {number} value */
export function factors(weight, value) {
  if (weight < 0 && value < 0) return `+ (${short(weight)}) × (${short(value)})`
  const minus = weight < 0 || value < 0
  return `${minus ? '−' : '+'} ${short(Math.abs(weight))} × ${short(Math.abs(value))}`
}
