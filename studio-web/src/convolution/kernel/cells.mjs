import { html } from 'lit-html'
import { standing } from '../../app/standing.mjs'
import { styled } from '../../app/styled.mjs'
import { ink } from '../../core/colour.mjs'
import { exact, short, tight } from '../../core/number.mjs'
import { kernelTone, shade } from '../../stage/tone.mjs'
import { numberOf } from './rows.mjs'

/** @typedef {object} Cells
 * @property {import('../../types').App} app @property {'light' | 'dark'} theme
 * @property {[number, number]} sizes @property {number[]} numbers
 * @property {number | null} brush what dragging paints; null: cells are typed into
 * @property {(index: number, value: number) => void} change
 * @property {(word: string) => void} refuse @property {(text: string) => boolean} paste takes several numbers */

/** Up to so many columns the fields stand beside the frequency response; more take the whole width. */
const FEW = 3
const SOME = 5
/** The width of the fields together, and of a digit: text is smaller where there are many. */
const ACROSS = 250
const DIGITS = /** @type {const} */ ({ few: 8.3, many: 7.6, small: 7 })

/** The numbers as they fit their fields: three digits, or as many as all can have; null where none fit.
 * @param {number} columns @param {number[]} numbers */
export function writtenIn(columns, numbers) {
  const room = columns > FEW ? ACROSS / columns : 46
  const digit = DIGITS[columns > SOME ? 'small' : columns > FEW ? 'many' : 'few']
  const fits = (/** @type {string[]} */ texts) => texts.every((text) => widthOf(text) * digit <= room - 2)
  return [numbers.map(short), tight(numbers)].find(fits) ?? null
}

/** How many digits wide a number is. @param {string} text */
const widthOf = (text) => [...text].reduce((width, sign) => width + (sign === '.' ? 0.5 : sign === '−' ? 1.3 : 1), 0)

/** The kernel as a grid of fields: arrow keys move between them, dragging paints.
 * @param {Cells} cells */
export function cellGrid(cells) {
  const { sizes: [rows, columns], numbers, brush, app } = cells
  const tone = kernelTone(numbers, cells.theme)
  const texts = writtenIn(columns, numbers)
  const paint = (/** @type {PointerEvent} */ event) => painted(event, cells)
  return html`
    <div
      class="cells ${brush === null ? '' : 'painted'} ${columns > FEW ? 'many' : ''} ${columns > SOME ? 'small' : ''}"
      role="group"
      aria-label=${app.t('Numbers in the kernel')}
      ${styled({ '--columns': String(columns) })}
      @keydown=${(/** @type {KeyboardEvent} */ event) => walk(event, rows, columns)}
      @pointerdown=${paint}
      @pointermove=${paint}
    >
      ${numbers.map((value, index) => cell(cells, value, texts?.[index] ?? '', index, shade(tone, value)))}
    </div>
  `
}

/** @param {Cells} cells @param {number} value @param {string} text @param {number} index @param {[number, number, number]} colour */
function cell(cells, value, text, index, colour) {
  const { sizes: [, columns], brush, app } = cells
  const label = app.t('row {row}, column {column}', { row: Math.floor(index / columns), column: index % columns })
  const take = (/** @type {Event} */ event) => taken(/** @type {HTMLInputElement} */ (event.target), value, index, cells)
  return html`<input
    type="text"
    inputmode="decimal"
    autocomplete="off"
    spellcheck="false"
    data-cell=${index}
    aria-label=${label}
    title=${exact(value)}
    ?readonly=${brush !== null}
    .value=${standing(text)}
    ${styled({ background: `rgb(${colour})`, color: ink(...colour) })}
    @focus=${focused}
    @blur=${() => app.store.change('convolution', {})}
    @change=${take}
    @paste=${(/** @type {ClipboardEvent} */ event) => pasted(event, cells)}
  />`
}

/** A field shows every digit while it is edited. @param {FocusEvent} event */
function focused({ target }) {
  const field = /** @type {HTMLInputElement} */ (target)
  if (!field.readOnly) field.value = field.title.replaceAll('−', '-')
  field.select()
}

/** @param {HTMLInputElement} field @param {number} before @param {number} index @param {Cells} cells */
function taken(field, before, index, { change, refuse }) {
  const value = numberOf(field.value)
  if (!Number.isFinite(value)) refuse(field.value)
  else if (value !== before) change(index, value)
}

/** @param {ClipboardEvent} event @param {Cells} cells */
function pasted(event, { paste }) {
  const text = event.clipboardData?.getData('text/plain') ?? ''
  if (!/[\s,;，；]/.test(text.trim())) return
  event.preventDefault()
  paste(text)
}

/** @param {PointerEvent} event @param {Cells} cells */
function painted(event, { brush, numbers, change }) {
  if (brush === null || !(event.buttons & 1)) return
  const root = /** @type {Document | ShadowRoot} */ (/** @type {HTMLElement} */ (event.currentTarget).getRootNode())
  const index = Number(/** @type {HTMLElement | null} */ (root.elementFromPoint(event.clientX, event.clientY))?.dataset.cell ?? NaN)
  if (event.type === 'pointerdown') /** @type {HTMLElement} */ (event.target).releasePointerCapture?.(event.pointerId)
  if (Number.isInteger(index) && numbers[index] !== brush) change(index, brush)
}

/** @param {KeyboardEvent} event @param {number} rows @param {number} columns */
function walk(event, rows, columns) {
  const field = /** @type {HTMLInputElement} */ (event.target)
  const step = { ArrowUp: -columns, ArrowDown: columns, Enter: columns, ArrowLeft: -1, ArrowRight: 1 }[event.key]
  const inside = { ArrowLeft: () => field.selectionStart === 0, ArrowRight: () => field.selectionEnd === field.value.length }[event.key]
  const isWhole = field.selectionStart === 0 && field.selectionEnd === field.value.length
  if (!step || (inside && !inside() && !isWhole)) return
  const to = Number(field.dataset.cell) + step
  if (to < 0 || to >= rows * columns) {
    if (event.key === 'Enter') field.blur()
    return
  }
  event.preventDefault()
  const grid = /** @type {HTMLElement} */ (event.currentTarget)
  const next = /** @type {HTMLElement | null} */ (grid.querySelector(`[data-cell="${to}"]`))
  next?.focus()
}
