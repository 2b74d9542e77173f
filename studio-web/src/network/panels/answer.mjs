import { html, nothing } from 'lit-html'
import { refusalView } from '../choose.mjs'
import { drawMoved } from '../moving.mjs'
import { percent } from '../says.mjs'

/** A classifier's answers, and what a pixel of movement or another padding convention does to them. */

/** @typedef {import('../context').Context} Context @typedef {import('../types').Answer} Answer */
/** @typedef {import('../types').Task<import('../../types').Reply>} Asked */

const WAYS = /** @type {[string, number, number][]} */ ([
  ['↖', -1, -1], ['↑', -1, 0], ['↗', -1, 1], ['←', 0, -1], ['·', 0, 0], ['→', 0, 1], ['↙', 1, -1], ['↓', 1, 0], ['↘', 1, 1],
])
const FARTHEST = 32
/** Padding words, and what each is called. @type {[string, string][]} */
const CONVENTIONS = [['same', 'TensorFlow'], ['same_lower', 'ONNX'], ['torch', 'PyTorch']]

/** @param {Context} context */
export function view(context) {
  const { app, look, network } = context
  if (!look.top) return html`<p>${app.t('This network does not predict classes. Look at its feature maps instead.')}</p>`
  return html`
    <h2>${app.t('What is in the picture?')}</h2>
    ${bars(context, look.top, null)}
    <p class="hint">${network.trained ? app.t('It knows {n} classes and always answers with one of them. If none of them is in the picture, it names what looks most like it.', { n: network.layers[network.layers.length - 1].channels }) : app.t('If this network was not trained, its predictions mean nothing.')}</p>
    ${moveView(context)} ${conventionView(context)}
  `
}

/** @param {HTMLElement} el @param {Context} context */
export function paint(el, context) {
  const canvas = /** @type {HTMLCanvasElement | null} */ (el.querySelector('canvas.moved'))
  if (canvas) drawMoved(canvas, context.look, context.network.input, context.slice.shift)
}

/** Names with bars; with what they were before, where that is given.
 * @param {Context} context @param {Answer[]} top @param {Answer[] | null} was */
export function bars({ app }, top, was) {
  const before = new Map(was?.map(({ name, p }) => [name.en, p]))
  return html`
    <ol class="answers">
      ${top.map(({ name, p }) => {
        const old = before.get(name.en)
        return html`
          <li data-part=${p.toFixed(4)} data-was=${old === undefined ? nothing : old.toFixed(4)}>
            <span class="name">${app.words(name)}</span>
            <span class="p">${old === undefined ? nothing : html`<small>${percent(old)} →</small>`} ${percent(p)}</span>
            <span class="bar" aria-hidden="true"></span>
          </li>
        `
      })}
    </ol>
  `
}

/** @param {Context} context */
function moveView(context) {
  const { app, slice, change } = context
  const { t } = app
  const [down, right] = slice.shift
  const moved = down || right ? context.session.about('moved', context.look, { slot: 0, down, right }) : null
  const by = (/** @type {number} */ more, /** @type {number} */ across) =>
    change({ shift: more || across ? [clamp(down + more), clamp(right + across)] : [0, 0] })
  return html`
    <h3>${t('Move the picture by a pixel')}</h3>
    <div class="move">
      <div class="ways" role="group" aria-label=${t('Move the picture by a pixel')}>
        ${WAYS.map(([sign, y, x]) => html`<button aria-label=${wayWord(t, y, x)} title=${wayWord(t, y, x)} @click=${() => by(y, x)}>${sign}</button>`)}
      </div>
      <canvas class="moved" @pointerdown=${(/** @type {PointerEvent} */ event) => drag(event, context)}></canvas>
      <p class="by">${whereTo(t, down, right)}</p>
    </div>
    ${moved ? outcome(context, moved) : html`<p class="hint">${t('When the picture moves, the output of a convolution moves with it. For a whole network this holds only roughly: strides and borders do not move along.')}</p>`}
  `
}

/** @param {import('../../types').Say} t @param {number} y @param {number} x */
function wayWord(t, y, x) {
  if (!y && !x) return t('back to its place')
  return [y < 0 ? t('up') : y > 0 ? t('down') : '', x < 0 ? t('left') : x > 0 ? t('right') : ''].filter(Boolean).join(', ')
}

/** @param {import('../../types').Say} t @param {number} down @param {number} right */
function whereTo(t, down, right) {
  const parts = [
    down ? t(down > 0 ? '{n} px down' : '{n} px up', { n: Math.abs(down) }) : '',
    right ? t(right > 0 ? '{n} px right' : '{n} px left', { n: Math.abs(right) }) : '',
  ].filter(Boolean)
  return parts.length ? parts.join(', ') : t('not moved')
}

/** What came of a change: answers before and after, and the largest change by name.
 * @param {Context} context @param {Asked} asked */
function outcome(context, asked) {
  const { app } = context
  if (asked.refusal) return refusalView(app, asked.refusal, () => context.session.questions.forget())
  if (!asked.value) return html`<p class="hint" role="status">${app.t('The network looks again…')}</p>`
  const { top, was, how, changed } = asked.value.facts
  return html`
    ${bars(context, top, was)}
    <p>${changeSays(context, top, was)}</p>
    ${how ? html`<p class="hint">${app.words(how)}</p>` : nothing}
    ${changed ? padsView(context, changed) : nothing}
  `
}

/** @param {Context} context @param {Answer[]} top @param {(Answer & { after: number })[]} was */
function changeSays({ app }, top, was) {
  if (top[0].name.en !== was[0].name.en)
    return app.t('The top prediction changed from {was} to {now}.', { was: app.words(was[0].name), now: app.words(top[0].name) })
  const [most] = was.toSorted((a, b) => Math.abs(b.after - b.p) - Math.abs(a.after - a.p))
  return app.t('The largest change: {name}, {old} → {now}.', { name: app.words(most.name), old: percent(most.p), now: percent(most.after) })
}

/** Which layers pad otherwise, each with its pixels before and after an axis.
 * @param {Context} context @param {{ path: string, pads: { was: number[][], now: number[][] } }[]} changed */
function padsView({ app }, changed) {
  const { t } = app
  const said = (/** @type {number[][]} */ pads) => pads.map(([before, after]) => `${before}+${after}`).join(', ')
  if (!changed.length) return html`<p>${t('No layer changes its padding: the network already uses this convention.')}</p>`
  return html`
    <details>
      <summary>${t('{n} layers pad differently', { n: changed.length })}</summary>
      <table class="statistics">
        ${changed.map(({ path, pads }) => html`<tr><th scope="row"><code>${path}</code></th><td>${said(pads.was)} → ${said(pads.now)}</td></tr>`)}
      </table>
    </details>
  `
}

/** @param {Context} context */
function conventionView(context) {
  const { app, slice, change, look, session } = context
  const { t } = app
  const asked = slice.word ? session.about('convention', look, { slot: 0, word: slice.word }) : null
  return html`
    <h3>${t('Change the padding convention')}</h3>
    <div class="choices" role="group" aria-label=${t('Change the padding convention')}>
      ${CONVENTIONS.map(
        ([word, library]) => html`
          <button aria-pressed=${slice.word === word} @click=${() => change({ word: slice.word === word ? null : word })}>
            <code>${word}</code> <small>${library}</small>
          </button>
        `,
      )}
    </div>
    ${asked ? outcome(context, asked) : nothing}
    <p class="hint">${t('At stride 2, the padding conventions of the libraries can place the windows one pixel apart. The weights fit only the convention that they were trained with.')}</p>
  `
}

/** @param {PointerEvent} event @param {Context} context */
function drag(event, { slice, change, network, look }) {
  const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget)
  const scale = network.input.width / canvas.clientWidth
  const [startX, startY] = [event.clientX, event.clientY]
  /** @type {[number, number]} */
  let shift = slice.shift
  canvas.setPointerCapture(event.pointerId)
  const moved = (/** @type {PointerEvent} */ now) => {
    shift = [clamp(slice.shift[0] + Math.round((now.clientY - startY) * scale)), clamp(slice.shift[1] + Math.round((now.clientX - startX) * scale))]
    drawMoved(canvas, look, network.input, shift)
  }
  const ended = () => {
    canvas.removeEventListener('pointermove', moved)
    change({ shift })
  }
  canvas.addEventListener('pointermove', moved)
  canvas.addEventListener('lostpointercapture', ended, { once: true })
}

/** @param {number} by */
const clamp = (by) => Math.max(-FARTHEST, Math.min(FARTHEST, by))
