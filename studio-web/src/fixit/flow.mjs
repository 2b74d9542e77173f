import { html, nothing } from 'lit-html'
import { styled } from '../app/styled.mjs'
import { width, written } from './slice.mjs'

/** @typedef {import('../types').App} App */

/** The shapes, from the input through every layer to the end, or to the gate.
 * @param {App} app @param {any} slice @param {{ shape(text: string): void, show(span: number[]): void }} on */
export function flow(app, slice, on) {
  const { t } = app
  const { answer } = slice
  if (!answer) return html`<p class="empty">${slice.asking ? t('Reading…') : nothing}</p>`
  if (!answer.code && answer.diagnosis) return html`<p class="empty">${t('There is no code here. Paste the model together with the error: then its shapes are drawn, and each fix is tried.')}</p>`
  const first = answer.flow[0]?.in[0]
  return html`
    <h2 class="unseen">${t('How the shapes flow')}</h2>
    ${answer.input.shape && answer.input.how !== 'text' ? input(app, answer, on) : nothing}
    <ol class="pipe" aria-label=${t('How the shapes flow')} aria-busy=${slice.asking}>
      ${first ? tensor(first, first, answer.input.how === 'text' ? t('input, taken from the code') : t('input')) : nothing}
      ${answer.flow.map((/** @type {any} */ step) => row(app, answer, step, on))}
      ${end(app, slice, on)}
    </ol>
    ${unread(app, answer)}`
}

/** @param {App} app @param {any} answer @param {any} on */
function input(app, answer, on) {
  const { t } = app
  return html`<div class="given">
    <label><span>${t('input')}</span>
      <input class="shape" .value=${answer.input.shape.replaceAll('x', '×')} spellcheck="false"
        @change=${(/** @type {any} */ { target }) => on.shape(target.value)} /></label>
    <span class="how">${answer.input.remarks.map((/** @type {any} */ words) => html`${app.words(words)} `)}</span>
  </div>`
}

/** @param {number[]} before @param {number[]} shape @param {string} label */
const tensor = (before, shape, label) => html`<li class="tensor">
  <i ${styled({ '--from': String(width(before)), '--to': String(width(shape)) })}></i>
  <b>${written(shape)}</b><span>${label}</span>
</li>`

/** @param {App} app @param {any} answer @param {any} step @param {any} on */
function row(app, answer, step, on) {
  const { t } = app
  const before = step.in[0] ?? [1]
  if (step.failed) return gate(app, answer, step, on)
  const out = step.out?.[0]
  const same = out && out.join() === before.join()
  return html`<li class=${same ? 'step same' : 'step'}>
    <i ${styled({ '--from': String(width(before)), '--to': String(width(out ?? before)) })}></i>
    <b>${out ? written(out) : '?'}${step.out?.length > 1 ? html` <small>+${step.out.length - 1}</small>` : nothing}</b>
    <button class="quiet made" title=${t('Show it in the text')} @click=${() => on.show(step.span)}><code>${step.code}</code>${step.line ? html`<small>${t('line {n}', { n: step.line })}</small>` : nothing}</button>
  </li>`
}

/** @param {App} app @param {any} answer @param {any} step @param {any} on */
function gate(app, answer, step, on) {
  const { t } = app
  const before = step?.in[0] ?? [1]
  const { words, line, span, kind, reason } = answer.gate
  return html`<li class=${`gate ${kind}`}>
    <i ${styled({ '--from': String(width(before)), '--to': String(width(before)) })}></i>
    <div>
      <strong><span aria-hidden="true">${kind === 'error' ? '✕' : '?'}</span> ${kind === 'error' ? t('It fails here') : t('Not understood from here on')}${line ? html` · ${t('line {n}', { n: line })}` : nothing}</strong>
      ${step ? html`<button class="quiet made" @click=${() => on.show(span)}><code>${step.code}</code></button>` : nothing}
      ${step?.in.length ? html`<p>${t('it received {shapes}', { shapes: step.in.map(written).join('  ·  ') })}</p>` : nothing}
      <p class="words">${words || (reason ? app.words(reason) : '')}</p>
    </div>
  </li>`
}

/** @param {App} app @param {any} slice @param {any} on */
function end(app, slice, on) {
  const { t } = app
  const { answer } = slice
  if (answer.gate) return answer.flow.at(-1)?.failed ? nothing : gate(app, answer, null, on)
  if (!answer.flow.length) return nothing
  const shapes = answer.output.map(written).join('  ·  ')
  return html`<li class=${slice.mended ? 'end mended' : 'end'}>
    <strong><span aria-hidden="true">✓</span> ${slice.mended ? t('Fixed: the shapes fit to the end') : t('The shapes fit to the end')}</strong>
    <span>${shapes}${answer.parameters ? html` · ${t('{n} parameters', { n: answer.parameters.toLocaleString('en') })}` : nothing}</span>
  </li>`
}

/** @param {App} app @param {any} answer */
function unread(app, answer) {
  const { t } = app
  if (!answer.unread.length) return nothing
  return html`<details class="unread">
    <summary>${t('{n} lines were not understood', { n: answer.unread.length })}</summary>
    <ul>${answer.unread.map((/** @type {any} */ one) => html`<li>${one.line ? html`${t('line {n}', { n: one.line })}: ` : nothing}${app.words(one.words)}</li>`)}</ul>
  </details>`
}
