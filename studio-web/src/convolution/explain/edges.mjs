import { html, nothing, svg } from 'lit-html'
import { inside, outputSize, pads, reach, unread } from '../../core/axis.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View @typedef {import('../../types').Axis} Axis */
/** @typedef {'input' | 'padding' | 'unread' | 'cropped' | 'beyond'} Kind */

const WIDTH = 292
const MOST_CELLS = 24
const CELL = 20
const HATCH = 7
/** Where the drawing is narrower, its ends are numbers alone. */
const BOTH_ENDS = 110

/** Both ends of an axis as they are: padding hatched, the first and the last window outlined with their taps, what no
 * window reads crossed out; transposed: what the outputs are and what is cropped of them.
 * @param {App} app @param {Axis} axis @param {number} n @param {string} names @param {boolean} transposed @returns {View} */
export function edges(app, axis, n, names, transposed) {
  const strip = transposed ? spreadStrip(axis, n) : fittingStrip(axis, n)
  if (!strip) return nothing
  const { cells, windows, first } = strip
  const seen = shownCells(cells.length, windows)
  const cell = Math.min(CELL, WIDTH / (seen.length + (seen.includes(-1) ? 0.5 : 0)))
  const place = (/** @type {number} */ at) => seen.indexOf(at) * cell
  return html`<svg class="edges" viewBox="-1 -6 ${WIDTH + 2} ${cell + 24}" role="img" aria-label=${label(app, axis, n, names, transposed)}>
    ${seen.map((at, i) => (at < 0 ? svg`<text x=${(i + 0.5) * cell} y=${cell * 0.6} class="gap">⋯</text>` : cellView(cells[at], i * cell, cell, windows.some((taps) => taps.includes(at)))))}
    ${windows.map((taps) => windowView(place(taps[0]), place(/** @type {number} */ (taps.at(-1))) + cell, cell))}
    ${ends(app, cells, first, place, cell, transposed)}
  </svg>
  <p class="note">${key(app, cells, outputSize(axis, n, transposed), transposed)}</p>`
}

/** What the signs of the drawing mean, those that it has.
 * @param {App} app @param {Kind[]} cells @param {number} outputs @param {boolean} transposed */
function key({ t }, cells, outputs, transposed) {
  const has = (/** @type {Kind[]} */ ...kinds) => cells.some((kind) => kinds.includes(kind))
  return [
    transposed ? t('outlined: the windows of the first and the last input') : outputs === 1 ? t('outlined: the only window') : t('outlined: the first and the last of {n} windows', { n: outputs }),
    ...(has('padding') ? [transposed ? t('hatched: no input reaches it') : t('hatched: padding')] : []),
    ...(has('unread', 'beyond') ? [t('crossed out: no window reads it')] : []),
    ...(has('cropped') ? [t('crossed out: cropped')] : []),
  ].join(' · ')
}

/** @param {Axis} axis @param {number} n @returns {{ cells: Kind[], windows: number[][], first: number } | null} */
function fittingStrip(axis, n) {
  const [before, after] = pads(axis, n)
  const [from] = unread(axis, n)
  const output = outputSize(axis, n)
  const end = before + n + after
  const last = (output - 1) * axis.stride + reach(axis)
  if (!output) return null
  const kind = (/** @type {number} */ at) => (at < before || at >= before + n ? (at >= last ? 'beyond' : 'padding') : at - before >= from ? 'unread' : 'input')
  const cells = Array.from({ length: end }, (_, at) => /** @type {Kind} */ (kind(at)))
  const window = (/** @type {number} */ o) => Array.from({ length: axis.kernel }, (_, t) => o * axis.stride + t * axis.dilation)
  return { cells, windows: output > 1 ? [window(0), window(output - 1)] : [window(0)], first: before }
}

/** @param {Axis} axis @param {number} n @returns {{ cells: Kind[], windows: number[][], first: number } | null} */
function spreadStrip(axis, n) {
  const [before] = pads(axis, n, true)
  const output = outputSize(axis, n, true)
  if (!output || !n) return null
  const start = Math.max(before, 0)
  const spread = (n - 1) * axis.stride + reach(axis)
  const length = Math.max(spread, start + output)
  const touched = new Set()
  for (let tap = 0; tap < axis.kernel; tap++) {
    const [from, to] = inside(axis, tap, output, before, n)
    for (let i = from; i < to; i++) touched.add(i * axis.stride + tap * axis.dilation)
  }
  const kind = (/** @type {number} */ at) => (at < start || at >= start + output ? 'cropped' : touched.has(at) ? 'input' : 'padding')
  const cells = Array.from({ length }, (_, at) => /** @type {Kind} */ (kind(at)))
  const window = (/** @type {number} */ i) => Array.from({ length: axis.kernel }, (_, t) => i * axis.stride + t * axis.dilation)
  return { cells, windows: n > 1 ? [window(0), window(n - 1)] : [window(0)], first: start }
}

/** The cells that are drawn, −1 where some are left out: both ends with their windows.
 * @param {number} count @param {number[][]} windows */
function shownCells(count, windows) {
  const all = Array.from({ length: count }, (_, at) => at)
  if (count <= MOST_CELLS) return all
  const left = Math.min(Math.max(/** @type {number} */ (windows[0].at(-1)) + 2, 6), MOST_CELLS)
  const right = Math.max(Math.min(/** @type {number[]} */ (windows.at(-1))[0] - 1, count - 6), left)
  return right <= left ? all : [...all.slice(0, left), -1, ...all.slice(right)]
}

/** @param {Kind} kind @param {number} x @param {number} cell @param {boolean} read */
function cellView(kind, x, cell, read) {
  const [inset, far] = [cell * 0.25, cell * 0.75]
  return svg`<g class="cell ${kind}">
    <rect x=${x} y="0" width=${cell} height=${cell} />
    ${kind === 'padding' || kind === 'beyond' ? svg`<path class="hatch" d=${hatch(x, cell)} />` : nothing}
    ${read ? svg`<circle cx=${x + cell / 2} cy=${cell / 2} r=${Math.min(cell / 5, 4)} />` : nothing}
    ${kind === 'unread' || kind === 'cropped' || kind === 'beyond' ? svg`<path d="M${x + inset} ${inset}L${x + far} ${far}M${x + far} ${inset}L${x + inset} ${far}" />` : nothing}
  </g>`
}

/** Lines at 45 degrees over a cell, in step with those of its neighbours. A pattern would need an id, which two widgets
 * on one page would share. @param {number} x @param {number} cell */
function hatch(x, cell) {
  const first = Math.ceil(x / HATCH)
  const count = Math.ceil((x + 2 * cell) / HATCH) - first
  return Array.from({ length: count }, (_, i) => {
    const along = (first + i) * HATCH - x
    const [low, high] = [Math.max(0, along - cell), Math.min(along, cell)]
    return `M${x + low} ${high}L${x + high} ${low}`
  }).join('')
}

/** @param {number} from @param {number} to @param {number} cell */
const windowView = (from, to, cell) => svg`<rect class="window" x=${from} y="-3" width=${to - from} height=${cell + 6} rx="2" />`

/** Where the first element stands, and the last, by their numbers.
 * @param {App} app @param {Kind[]} cells @param {number} first
 * @param {(at: number) => number} place @param {number} cell @param {boolean} transposed */
function ends({ t }, cells, first, place, cell, transposed) {
  const kept = (/** @type {number} */ at) => cells[at] === 'input' || cells[at] === 'unread'
  const last = cells.length - 1 - [...cells].reverse().findIndex((_, i) => kept(cells.length - 1 - i))
  if (last <= first || last >= cells.length) return nothing
  const named = (/** @type {number} */ n) => (transposed ? t('output {n}', { n }) : t('input {n}', { n }))
  const [left, right] = [place(first), place(last) + cell]
  if (left < 0 || right <= left) return nothing
  const isNarrow = right - left < BOTH_ENDS
  return svg`<text x=${left} y=${cell + 15} class="left end">${isNarrow ? 0 : named(0)}</text>
    <text x=${right} y=${cell + 15} class="right end">${isNarrow ? last - first : named(last - first)}</text>`
}

/** @param {App} app @param {Axis} axis @param {number} n @param {string} names @param {boolean} transposed */
function label(app, axis, n, names, transposed) {
  const [before, after] = pads(axis, n, transposed)
  const [from, to] = unread(axis, n, transposed)
  const facts = { names, n, before, after, lost: to - from }
  return transposed
    ? app.t('{names}: {before} outputs cropped before, {after} after', facts)
    : app.t('{names}: {before} padding elements before, {after} after; {lost} inputs never read', facts)
}
