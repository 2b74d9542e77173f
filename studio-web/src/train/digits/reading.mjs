import { html, nothing } from 'lit-html'
import { refusalWords } from '../../app/refusal.mjs'
import { styled } from '../../app/styled.mjs'
import { say } from '../../core/sentence.mjs'
import { count, short } from '../../core/number.mjs'
import { digitPicture, strongest } from './controls.mjs'
import { painted } from './painted.mjs'

/** @typedef {import('../../types').App} App @typedef {ReturnType<typeof import('./subject.mjs').createSubject>} Subject
 * @typedef {import('./subject.mjs').Read} Read @typedef {import('./subject.mjs').SeenLayer} SeenLayer */

const LAYERS = {
  relu1: say('First convolution, ReLU'),
  pool1: say('Largest of each 2 × 2'),
  relu2: say('Second convolution, ReLU'),
  pool2: say('Largest of each 2 × 2 again'),
  relu3: say('Full layer, ReLU'),
}

/** What the network answers to what it is shown. @param {App} app @param {Subject} subject */
export function answer(app, { state, fit }) {
  const { t } = app
  const { read, picture, refusal } = state
  if (refusal) return html`<div class="refused" role="alert">${refusalWords(app, refusal)}</div>`
  if (!read) return html`<p class="how">${t('Draw a digit: ten numbers say what the network takes it for, while it learns.')}</p>`
  const best = strongest(read.shares)
  return html`
    <h2>${read.step ? t('Taken for a {digit}: {share}', { digit: best, share: percent(read.shares[best]) }) : t('Not trained yet: these numbers mean nothing')}</h2>
    ${picture ? nothing : alike(t, read, fit)}
    <ol class="bars">
      ${read.shares.map((share, digit) => html`<li class=${digit === best ? 'best' : ''} ${styled({ '--share': String(share) })}><b>${digit}</b><i aria-hidden="true"></i><span>${percent(share)}</span></li>`)}
    </ol>
    <div class="smaller">
      <figure>${digitPicture(read.counts)}<figcaption>${picture ? t('held out: a {digit}', { digit: picture.digit }) : t('as the network gets it: ink in blocks of 4 × 4')}</figcaption></figure>
      <figure>${digitPicture(read.nearest.counts)}<figcaption>${t('the nearest that it learns from: a {digit}', { digit: read.nearest.digit })}</figcaption></figure>
    </div>
  `
}

/** @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(1)} %`

/** Whether a drawing fills the frame as the data's pictures do. @param {Read['ink']} ink */
export const fills = ({ top, height }) => top < 4 && top + height > 28

/** How a drawing differs from what the network has seen. @param {import('../../types').Say} t @param {Read} read @param {() => void} fit */
function alike(t, read, fit) {
  const { ink, nearest, usual, filled } = read
  const facts = { distance: short(nearest.distance), usual: short(usual) }
  const isFar = nearest.distance > usual
  const rows = { from: ink.top + 1, to: ink.top + ink.height, filled: count(filled), all: count(read.count) }
  return html`
    ${isFar ? html`<p class="unlike">${t('Unlike all that it has seen: the nearest is {distance} away, and 99 % of the held-out pictures are within {usual}. What it answers is a guess.', facts)}</p>` : nothing}
    ${fills(ink)
      ? nothing
      : html`<p class="unlike">
          ${t('Yours takes rows {from} to {to} of 32, and that alone may change the answer: {filled} of the data’s {all} digits reach from the top block to the bottom.', rows)}
          <button @click=${fit}>${t('Fit it as theirs')}</button>
        </p>`}
    ${fills(ink) && !isFar ? html`<p class="how">${t('Like the data: the nearest is {distance} away, and 99 % of the held-out pictures are within {usual}.', facts)}</p>` : nothing}
  `
}

/** What each layer makes of it. @param {App} app @param {Subject} subject */
export function maps({ t }, { state: { read } }) {
  if (!read) return nothing
  return html`
    <h2>${t('What each layer makes of it')}</h2>
    <div class="layers">
      ${read.layers.map((layer) => html`
        <figure>
          <figcaption>${t(LAYERS[/** @type {keyof typeof LAYERS} */ (layer.name)])} <small>· ${layer.shape.join(' × ')} · 0 … ${short(layer.most)}</small></figcaption>
          <div class="maps ${layer.name}">
            ${planes(layer).map((values) => html`<canvas ${painted({ values, height: layer.shape[1] ?? 1, width: layer.shape[2] ?? 1, most: layer.most, tone: 'grey', theme: 'light' })}></canvas>`)}
          </div>
        </figure>
      `)}
    </div>
  `
}

/** @type {WeakMap<Float32Array, Float32Array[]>} */
const cut = new WeakMap()

/** The maps of a layer, one a channel; the same arrays each time. @param {SeenLayer} layer */
function planes({ values, shape: [channels] }) {
  const area = values.length / channels
  if (!cut.has(values)) cut.set(values, Array.from({ length: channels }, (_, i) => values.subarray(area * i, area * (i + 1))))
  return /** @type {Float32Array[]} */ (cut.get(values))
}
