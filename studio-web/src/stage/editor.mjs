import { halfWidth } from '../core/half-width.mjs'
import { exact } from '../core/number.mjs'

/** A field over one cell of the kernel: Enter or leaving it takes the number, Escape does not.
 * @param {HTMLElement} el @param {import('./pen.mjs').Box} box @param {number} value @param {string} label
 * @param {(value: number) => void} take */
export function edit(el, box, value, label, take) {
  const field = document.createElement('input')
  field.className = 'cell-field'
  field.type = 'text'
  field.inputMode = 'decimal'
  field.value = exact(value).replace('−', '-')
  field.setAttribute('aria-label', label)
  const wide = Math.max(box.width, 72)
  Object.assign(field.style, {
    left: `${box.x + (box.width - wide) / 2}px`, top: `${box.y}px`, width: `${wide}px`, height: `${Math.max(box.height, 28)}px`,
  })
  let done = false
  const close = (/** @type {boolean} */ keep) => {
    if (done) return
    done = true
    const number = Number(halfWidth(field.value).plain.trim().replace(',', '.'))
    if (keep && field.value.trim() !== '' && Number.isFinite(number) && number !== value) take(number)
    field.remove()
    el.focus()
  }
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return
    event.preventDefault()
    event.stopPropagation()
    close(event.key === 'Enter')
  })
  field.addEventListener('blur', () => close(true))
  el.append(field)
  field.focus()
  field.select()
}
