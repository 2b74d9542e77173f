import { html } from 'lit-html'
import { styled } from '../app/styled.mjs'
import { entry, rgb, signed, signedEntry } from '../core/colour.mjs'
import { exact, short } from '../core/number.mjs'
import { pen } from '../network/drawing.mjs'
import { most, share } from './distance.mjs'

/** The 128 numbers of two faces as strips of tones, their difference, and the squares that add up to the distance. */

/** @typedef {import('./context').FaceContext} FaceContext @typedef {import('./types').Apart} Apart @typedef {import('../types').Say} Say */

const NUMBERS = 128
/** Numbers that are named because they differ most. */
const NAMED = 5
/** Rows of pixels of the squares' bars. */
const BARS = 40

/** @param {FaceContext} context @param {Apart} apart */
export function numbersView({ app, change, slice }, apart) {
  const { t } = app
  const leading = most(apart, NAMED)
  const number = slice.number ?? leading[0]
  const ten = share(apart, most(apart, 10))
  return html`
    <h3>${t('The 128 numbers')}</h3>
    ${strips(t, apart, number, (at) => change({ number: at }), () => app.store.state.faces.number ?? leading[0])}
    <p class="legend"><span>${ends(apart, -1)}</span><span class="ramp"></span><span>${ends(apart, 1)}</span></p>
    <p class="read" aria-hidden="true">${reading(t, apart, number)}</p>
    <p>${t('The 128 squares add up to {sum}; the root of that is the distance, {distance}.', { sum: apart.sum.toFixed(4), distance: apart.distance.toFixed(3) })}</p>
    <p>${t('Ten of the 128 make up {share} % of the sum. The numbers that differ most:', { share: Math.round(100 * ten) })}
      ${leading.map((i) => html`<button class="quiet" aria-pressed=${i === number} @click=${() => change({ number: i })}>${i + 1}</button>`)}</p>
    <p class="hint">${t('No single number means “nose” or “age”: the network was trained so that only all of them together tell people apart.')}</p>
    ${table(t, apart)}
  `
}

/** @param {Say} t @param {Apart} apart @param {number} number @param {(at: number) => void} read
 * @param {() => number} now what is read at this moment: two keys within a frame are two moves */
function strips(t, apart, number, read, now) {
  const pointed = (/** @type {PointerEvent} */ event) => {
    const { left, width } = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect()
    read(within(Math.floor(((event.clientX - left) / width) * NUMBERS)))
  }
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    const at = now()
    const to = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, PageUp: at + 10, PageDown: at - 10, Home: 0, End: NUMBERS - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    read(within(to))
  }
  return html`
    <div class="strips" ${styled({ '--at': ((number + 0.5) / NUMBERS).toFixed(5) })}>
      ${[['one', t('face one')], ['two', t('face two')], ['differences', t('difference')], ['squares', t('squares')]].map(([name, label]) => html`<p>${label}</p><canvas data-strip=${name} width=${NUMBERS} height=${name === 'squares' ? BARS : 1} aria-hidden="true"></canvas>`)}
      <div
        class="reader" role="slider" tabindex="0" aria-label=${t('number of the description')} aria-valuemin="1" aria-valuemax=${NUMBERS} aria-valuenow=${number + 1}
        aria-valuetext=${reading(t, apart, number)} @pointermove=${pointed} @pointerdown=${pointed} @keydown=${pressed}
      ></div>
    </div>
  `
}

/** @param {number} at */
const within = (at) => Math.min(Math.max(at, 0), NUMBERS - 1)

/** @param {Say} t @param {Apart} apart @param {number} i */
const reading = (t, { one, two, differences, squares, sum }, i) =>
  t('number {n}: {one} less {two} is {difference}; squared {square}, {share} % of the sum', {
    n: i + 1, one: short(one[i]), two: short(two[i]), difference: short(differences[i]), square: short(squares[i]), share: (sum > 0 ? (100 * squares[i]) / sum : 0).toFixed(1),
  })

/** The end of the strips' colours. @param {Apart} apart @param {-1 | 1} sign */
const ends = (apart, sign) => short(sign * largest(apart))

/** @param {Apart} apart */
const largest = ({ one, two, differences }) => Math.max(...[...one, ...two, ...differences].map(Math.abs))

/** @param {Say} t @param {Apart} apart */
function table(t, { one, two, differences, squares, sum, distance }) {
  return html`
    <details class="all">
      <summary>${t('All 128 as a table: the squares add up exactly')}</summary>
      <div class="wide" tabindex="0" role="region" aria-label=${t('The 128 numbers')}>
        <table class="numbers">
          <thead><tr><th scope="col">${t('place')}</th><th scope="col">${t('face one')}</th><th scope="col">${t('face two')}</th><th scope="col">${t('difference')}</th><th scope="col">${t('square')}</th></tr></thead>
          <tbody>${Array.from({ length: NUMBERS }, (_, i) => html`<tr><th scope="row">${i + 1}</th><td>${short(one[i])}</td><td>${short(two[i])}</td><td>${short(differences[i])}</td><td data-square>${exact(squares[i])}</td></tr>`)}</tbody>
          <tfoot>
            <tr><th scope="row" colspan="4">${t('sum')}</th><td data-sum>${exact(sum)}</td></tr>
            <tr><th scope="row" colspan="4">${t('its root, the distance')}</th><td data-root>${exact(distance)}</td></tr>
          </tfoot>
        </table>
      </div>
    </details>
  `
}

/** @param {HTMLElement} el @param {Apart | null} apart @param {import('../stage/look.mjs').Look} look */
export function paintStrips(el, apart, look) {
  if (!apart) return
  const colours = signed(look.theme)
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (el.querySelectorAll('canvas[data-strip]'))) {
    const name = /** @type {'one' | 'two' | 'differences' | 'squares'} */ (canvas.dataset.strip)
    const to = pen(canvas)
    to.clearRect(0, 0, canvas.width, canvas.height)
    const high = Math.max(...apart.squares)
    apart[name].forEach((value, i) => {
      to.fillStyle = name === 'squares' ? look.soft : `rgb(${rgb(colours, signedEntry(value, largest(apart)))})`
      const size = name === 'squares' ? (BARS * entry(value, 0, high)) / 255 : 1
      to.fillRect(i, canvas.height - size, 1, size)
    })
  }
}
