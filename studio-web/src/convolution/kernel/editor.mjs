import { lookOf } from '../../stage/look.mjs'
import { html, nothing } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { ref } from 'lit-html/directives/ref.js'
import { KERNELS } from '../../core/kernels.mjs'
import { exact, short } from '../../core/number.mjs'
import { nthOf, withNamed, withSlice } from '../changes.mjs'
import { formed } from '../typed.mjs'
import { channelsRead, firstChannel, kernelSizes, normal, randomFrom, sliceStart, taps } from '../weights.mjs'
import { cellGrid, writtenIn } from './cells.mjs'
import { notANumber, readRows, withPoint } from './rows.mjs'
import { drawSpectrum, SIDE, spectrumOf } from './spectrum.mjs'
import { flipped, normalised, rotated, transposed } from './turned.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../slice.mjs').Slice} Slice @typedef {import('../../types').Words} Words */
/** @typedef {{ sizes: [number, number], numbers: number[], depth: number }} Face the slice in front, of three axes the plane at `depth` */

/** Kernels up to this many cells a side are fields; larger ones are typed as rows. */
const LARGEST_GRID = 9

/** The kernel editor; it keeps what belongs to no link: the brush, the plane of three axes, a refusal.
 * @param {App} app @returns {(slice: Slice) => import('../../types').View} */
export function createKernelEditor(app) {
  /** @type {{ brush: number | null, together: boolean, depth: number | null, refused: Words | null, ways: Words[] }} */
  const own = { brush: null, together: true, depth: null, refused: null, ways: [] }
  const keep = (/** @type {Partial<typeof own>} */ changes) => {
    Object.assign(own, changes)
    app.store.change(null, {})
  }
  return (slice) => {
    const face = faceOf(slice, own.depth)
    const edit = editing(app, own, keep)
    return html`
      <div class="kernel-editor">
        ${nameList(app, slice, own.together)} ${slices(app, slice, own, keep)}
        <div class="kernel-views">
          ${Math.max(...face.sizes) <= LARGEST_GRID ? cellGrid({ ...edit, app, theme: themeOf(app), ...face, brush: own.brush }) : nothing}
          ${cellNote(app, face)}
          ${guard([slice.weight, ...face.sizes, slice.out, slice.channel, face.depth, slice.conv.axes.length, app.store.state.lang], () => spectrum(app, face, slice.conv.axes.length === 1))}
        </div>
        ${own.refused ? html`<p class="wrong" role="alert">${app.words(own.refused)}${own.ways.map((way) => html`<small>${app.words(way)}</small>`)}</p>` : nothing}
        ${brushes(app, own, keep)} ${turns(app, face, edit)} ${asText(app, face, edit)}
      </div>
    `
  }
}

/** @param {App} app @returns {'light' | 'dark'} */
export const themeOf = ({ root }) => lookOf(root).theme

/** @param {Slice} slice @param {number | null} asked the plane of three axes; null: the middle one @returns {Face} */
function faceOf({ conv, out, channel, weight }, asked) {
  const all = kernelSizes(conv)
  const [rows, columns] = all.length === 1 ? [1, all[0]] : all.slice(-2)
  const depth = all.length === 3 ? Math.min(asked ?? all[0] >> 1, all[0] - 1) : 0
  const start = sliceStart(conv, out, channel % channelsRead(conv)) + depth * rows * columns
  return { sizes: [rows, columns], numbers: weight.slice(start, start + rows * columns), depth }
}

/** What editing does: a number, all numbers, rows that were pasted. Each starts from the state of its moment: a brush
 * changes several cells between two frames.
 * @param {App} app @param {{ together: boolean, depth: number | null }} own @param {(changes: object) => void} keep */
function editing(app, own, keep) {
  const now = () => {
    const slice = /** @type {Slice} */ (app.store.state.convolution)
    return { slice, face: faceOf(slice, own.depth) }
  }
  const put = (/** @type {object} */ changes) => {
    keep({ refused: null, ways: [] })
    app.store.change('convolution', changes)
  }
  const whole = (/** @type {number[]} */ numbers) => {
    const { slice, face } = now()
    put(withSlice(slice, inPlane(slice, face, numbers), own.together))
  }
  return {
    whole,
    refuse: (/** @type {string} */ word) => keep({ refused: notANumber(word), ways: withPoint(word) }),
    change: (/** @type {number} */ index, /** @type {number} */ value) => whole(now().face.numbers.map((old, i) => (i === index ? value : old))),
    paste: (/** @type {string} */ text) => {
      const { rows, refused } = readRows(text)
      if (!rows) keep({ refused: refused.error, ways: refused.ways })
      else put(withRows(now().slice, now().face, rows, own.together))
      return rows !== null
    },
  }
}

/** All taps of the slice with one plane changed.
 * @param {Slice} slice @param {Face} face @param {number[]} plane */
function inPlane({ conv, out, channel, weight }, { depth, numbers }, plane) {
  const start = sliceStart(conv, out, channel % channelsRead(conv))
  const all = weight.slice(start, start + taps(conv))
  all.splice(depth * numbers.length, numbers.length, ...plane)
  return all
}

/** Rows of any size: the kernel takes theirs.
 * @param {Slice} slice @param {Face} face @param {number[][]} rows @param {boolean} together @returns {object} */
function withRows(slice, face, rows, together) {
  const sizes = [rows.length, rows[0].length]
  if (String(sizes) === String(face.sizes)) return withSlice(slice, inPlane(slice, face, rows.flat()), together)
  const { axes } = slice.conv
  const last = axes.length === 1 ? [rows.flat().length] : sizes
  const resized = axes.map((axis, i) => ({ ...axis, kernel: last[i - axes.length + last.length] ?? axis.kernel }))
  const changes = formed(slice, { ...slice.conv, axes: resized })
  if (changes.error) return changes
  const after = { ...slice, ...changes }
  return { ...changes, ...withSlice(after, inPlane(after, faceOf(after, face.depth), rows.flat()), together) }
}

/** @param {App} app @param {Slice} slice @param {boolean} together */
function nameList(app, slice, together) {
  const { t } = app
  const choose = (/** @type {Event} */ event) => {
    const name = /** @type {HTMLSelectElement} */ (event.target).value
    if (name !== 'own') app.store.change('convolution', withNamed(slice, name, together))
  }
  const named = KERNELS.find(({ name }) => name === slice.kernel)
  return html`
    <label class="field">
      <span>${t('Kernel')}</span>
      <select @change=${choose}>
        ${slice.kernel === 'own' || !named ? html`<option value="own" selected>${slice.kernel === 'own' ? t('your own numbers') : slice.kernel}</option>` : nothing}
        ${KERNELS.map(({ name, does }) => html`<option value=${name} ?selected=${name === slice.kernel}>${name === slice.kernel ? name : `${name}: ${t(does)}`}</option>`)}
      </select>
      ${named ? html`<small>${t(named.does)}</small>` : nothing}
    </label>
  `
}

/** Which slice stands in front, where there are several.
 * @param {App} app @param {Slice} slice @param {{ together: boolean, depth: number | null }} own @param {(changes: object) => void} keep */
function slices(app, slice, own, keep) {
  const { t } = app
  const { conv, out } = slice
  const read = channelsRead(conv)
  const deep = conv.axes.length === 3 ? conv.axes[0].kernel : 1
  const first = firstChannel(conv, out)
  const go = (/** @type {object} */ changes) => app.store.change('convolution', changes)
  if (conv.out_channels === 1 && read === 1 && deep === 1) return nothing
  return html`
    <div class="slices">
      ${chooser(t('Output channel'), out, 0, conv.out_channels, (k) => go({ out: k, channel: firstChannel(conv, k) + nthOf(slice) }))}
      ${chooser(t('Input channel'), first + nthOf(slice), first, read, (c) => go({ channel: c }))}
      ${chooser(t('Depth'), faceOf(slice, own.depth).depth, 0, deep, (depth) => keep({ depth }))}
      ${read > 1
        ? html`<label class="check">
            <input type="checkbox" .checked=${own.together} @change=${() => keep({ together: !own.together })} />
            ${t('change all {n} input channels together', { n: read })}
          </label>`
        : nothing}
    </div>
  `
}

/** @param {string} label @param {number} value @param {number} first @param {number} count @param {(value: number) => void} choose */
function chooser(label, value, first, count, choose) {
  if (count < 2) return nothing
  const changed = (/** @type {Event} */ event) => choose(Number(/** @type {HTMLSelectElement} */ (event.target).value))
  return html`
    <label class="field">
      <span>${label}</span>
      <select @change=${changed}>
        ${Array.from({ length: count }, (_, i) => html`<option value=${first + i} ?selected=${first + i === value}>${first + i}</option>`)}
      </select>
    </label>
  `
}

/** Where the fields are too narrow for their numbers: how to read them. @param {App} app @param {Face} face */
function cellNote({ t }, { sizes, numbers }) {
  if (Math.max(...sizes) > LARGEST_GRID) return html`<small>${t('Too many for fields: the numbers stand under “Edit as text”.')}</small>`
  const texts = writtenIn(sizes[1], numbers)
  if (!texts) return html`<small>${t('The fields are too narrow for these numbers: point at one, or go into it, to read it.')}</small>`
  return texts.some((text, i) => text !== short(numbers[i])) ? html`<small>${t('Rounded to fit: go into a field to see every digit.')}</small>` : nothing
}

/** @param {App} app @param {Face} face @param {boolean} isRow */
function spectrum(app, { numbers, sizes }, isRow) {
  const { t } = app
  const { strengths, most, kind } = spectrumOf(numbers, sizes, isRow)
  const draw = (/** @type {Element | undefined} */ canvas) => canvas && drawSpectrum(/** @type {HTMLCanvasElement} */ (canvas), strengths, most)
  return html`
    <figure class="spectrum">
      <canvas width=${SIDE} height=${SIDE} role="img" aria-label=${`${t('Frequency response')}: ${t(kind)}`} ${ref(draw)}></canvas>
      <figcaption><span class="term" title=${t('how strongly the kernel lets each frequency through: low ones in the middle, high ones at the edge')} tabindex="0">${t('Frequency response')}</span></figcaption>
    </figure>
    <p class="kind">${t(kind)}</p>
  `
}

/** Type into cells, or paint them with a value.
 * @param {App} app @param {{ brush: number | null }} own @param {(changes: object) => void} keep */
function brushes({ t }, own, keep) {
  const brush = (/** @type {number | null} */ value, /** @type {string} */ label) =>
    html`<button class="small" aria-pressed=${own.brush === value} @click=${() => keep({ brush: value })}>${label}</button>`
  return html`
    <div class="row" role="group" aria-label=${t('Dragging over the cells')}>
      ${brush(null, t('Type'))} ${brush(1, t('Paint {value}', { value: '+1' }))} ${brush(0, t('Paint {value}', { value: '0' }))}
      ${brush(-1, t('Paint {value}', { value: '−1' }))}
    </div>
  `
}

/** @param {App} app @param {Face} face @param {{ whole: (numbers: number[]) => void, paste: (text: string) => boolean }} edit */
function turns({ t }, face, edit) {
  const button = (/** @type {string} */ label, /** @type {() => void} */ act) => html`<button class="small" @click=${act}>${label}</button>`
  const turned = (/** @type {import('./turned.mjs').Grid} */ { sizes: [, columns], numbers }) => edit.paste(rowsText(numbers, columns))
  const chance = randomFrom(Math.floor(Math.random() * 1e9))
  const random = () => edit.whole(face.numbers.map(() => Math.round(100 * normal(chance)) / 100))
  return html`
    <div class="row" role="group" aria-label=${t('Change all numbers')}>
      ${button(t('Normalise'), () => edit.whole(normalised(face.numbers)))} ${button(t('Flip'), () => edit.whole(flipped(face).numbers))}
      ${face.sizes[0] > 1 ? html`${button(t('Rotate'), () => turned(rotated(face)))} ${button(t('Transpose'), () => turned(transposed(face)))}` : nothing}
      ${button(t('Randomise'), random)} ${button(t('Set to 0'), () => edit.whole(face.numbers.map(() => 0)))}
    </div>
  `
}

/** The numbers as rows of text, to copy, type or paste.
 * @param {App} app @param {Face} face @param {{ paste: (text: string) => boolean }} edit */
function asText({ t }, { numbers, sizes }, edit) {
  const take = (/** @type {Event} */ event) => edit.paste(/** @type {HTMLTextAreaElement} */ (event.target).value)
  return html`
    <details class="rows" ?open=${Math.max(...sizes) > LARGEST_GRID}>
      <summary>${t('Edit as text')}</summary>
      <textarea rows="4" spellcheck="false" aria-label=${t('Edit as text')} .value=${rowsText(numbers, sizes[1])} @change=${take}></textarea>
      <small>${t('the kernel takes the size of what you type')}</small>
    </details>
  `
}

/** @param {number[]} numbers @param {number} columns */
export function rowsText(numbers, columns) {
  const words = numbers.map((x) => exact(x).replaceAll('−', '-'))
  return Array.from({ length: numbers.length / columns }, (_, i) => words.slice(i * columns, (i + 1) * columns).join(' ')).join('\n')
}
