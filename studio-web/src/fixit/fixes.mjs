import { html, nothing } from 'lit-html'

/** @typedef {import('../types').App} App */

const SAME_AT_A_STRIDE = 'K008'

/** Why it fails, and fixes that were tried in the text.
 * @param {App} app @param {any} slice @param {{ apply(fix: any): void }} on */
export function fixes(app, slice, on) {
  const { t } = app
  const { answer, refusal } = slice
  if (refusal) return html`<h2>${t('Not read')}</h2><p class="bad" role="alert">${app.words(refusal.words)}</p>${refusal.ways.map((/** @type {any} */ way) => html`<p>${app.words(way)}</p>`)}`
  if (!answer) return nothing
  if (!answer.diagnosis) return fine(app, slice)
  const { code, title, cause, unknown } = answer.diagnosis
  return html`
    <h2>${t('Why')}</h2>
    <p class="title"><code>${code}</code> ${app.words(title)}</p>
    <p class="cause">${app.words(cause)}</p>
    ${unknown.map((/** @type {any} */ words) => html`<p class="how">${app.words(words)}</p>`)}
    ${answer.fixes.length ? html`<h2>${t('Fixes')}</h2>` : nothing}
    <ol class="fixes">${answer.fixes.map((/** @type {any} */ fix) => one(app, fix, on))}</ol>
    ${code === SAME_AT_A_STRIDE ? lesson(app) : nothing}`
}

/** @param {App} app @param {any} slice */
function fine(app, { answer }) {
  const { t } = app
  if (answer.gate || !answer.flow.length) return html`<h2>${t('Why')}</h2><p>${t('No known model or error was found here. See which lines were not understood.')}</p>`
  return html`<h2>${t('Nothing fails')}</h2><p>${t('Every layer accepts the output of the layer before it.')}</p>`
}

/** What a fix did when its text was read and run again. */
const say = (/** @type {string} */ text) => text
const OUTCOMES = /** @type {Record<string, [string, string]>} */ ({
  works: ['✓', say('tried: works')],
  further: ['→', say('tried: it gets further, then fails')],
  '': ['', say('not tried')],
})

/** @param {App} app @param {any} fix @param {any} on */
function one(app, fix, on) {
  const { t } = app
  const [sign, word] = OUTCOMES[fix.outcome]
  const can = fix.text !== null || fix.shape !== null
  return html`<li class="fix">
    <p>${app.words(fix.words)}</p>
    ${fix.diff.length ? diff(app, fix.diff) : fix.advice ? html`<pre class="advice">${fix.advice}</pre>` : nothing}
    ${fix.note ? html`<p class="how">${app.words(fix.note)}</p>` : nothing}
    <div class="acts">
      ${can ? html`<button @click=${() => on.apply(fix)}>${t('Apply')}</button>` : nothing}
      <span class=${`outcome ${fix.outcome}`}>${sign} ${t(word)}</span>
    </div>
    ${fix.then ? html`<p class="how">${fix.then}</p>` : nothing}
  </li>`
}

const SIGNS = /** @type {Record<string, string>} */ ({ '-': say('removed'), '+': say('added'), ' ': say('unchanged') })

/** @param {App} app @param {any[]} rows */
const diff = ({ t }, rows) => {
  const margin = Math.min(...rows.map(({ text }) => (text.trim() ? text.search(/\S/) : Infinity)))
  const cut = margin > 4 && margin < Infinity ? margin : 0
  return html`<ol class="diff" aria-label=${t('What changes')} tabindex="0">
  ${rows.map(
    ({ sign, line, text: whole, mark: places }) => [sign, line, whole.slice(cut), places && places.map((/** @type {number} */ at) => Math.max(0, at - cut))],
  ).map(
    ([sign, line, text, mark]) => html`<li class=${sign === '-' ? 'removed' : sign === '+' ? 'added' : ''}><span class="unseen">${t(SIGNS[sign])}: </span><b aria-hidden="true">${sign}</b><small>${line || ''}</small><code>${mark ? html`${text.slice(0, mark[0])}<mark>${text.slice(...mark)}</mark>${text.slice(mark[1])}` : text}</code></li>`,
  )}
</ol>`
}

/** @param {App} app */
function lesson(app) {
  const guide = 'strided-same'
  return html`<aside class="lesson">
    <h3>${app.t('The lesson behind it')}</h3>
    <button class="quiet" @click=${() => app.open('convolution', { guide })}>${app.t("Why does PyTorch refuse 'same' with a stride?")} →</button>
  </aside>`
}
