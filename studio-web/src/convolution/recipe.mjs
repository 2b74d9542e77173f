import { html, nothing, render } from 'lit-html'
import { exportsMenu } from './exports.mjs'
import { guides } from './guides/guides.mjs'
import { createKernelEditor } from './kernel/editor.mjs'
import { picturePane } from './picture-pane.mjs'
import { presetMenu } from './presets.mjs'
import { recipeForm } from './recipe-form.mjs'
import { recipeLine } from './recipe-line.mjs'

/** @typedef {import('../types').App} App @typedef {import('./slice.mjs').Slice} Slice */

/** The left pane: the layer as code and as a form, its kernel, its picture, the lesson's questions.
 * @param {HTMLElement} el @param {App} app @param {(kind: 'png' | 'svg' | 'gif') => Promise<Blob>} drawing */
export function recipePane(el, app, drawing) {
  const line = recipeLine(app)
  const kernelEditor = createKernelEditor(app)
  const picture = picturePane(app)
  return {
    /** @param {Slice} slice @param {import('./model.mjs').Model | null} model */
    draw(slice, model) {
      const { t } = app
      const view = html`
        <h2>${t('Recipe')}</h2>
        ${presetMenu(app, slice)} ${line(slice)} ${recipeForm(app, slice)}
        ${kernelEditor(slice)}
        <h3>${t('Picture')}</h3>
        ${picture.view(slice)}
        ${model?.note ? html`<p class="note">${app.words(model.note)}</p>` : nothing}
        ${questions(app, slice)}
        ${exportsMenu(app, slice, drawing)}
      `
      render(view, el)
    },
    destroy: picture.close,
  }
}

/** The guided views, one button a question.
 * @param {App} app @param {Slice} slice */
function questions(app, slice) {
  if (!guides.length) return nothing
  const open = (/** @type {string} */ name) => app.store.change('convolution', { guide: slice.guide === name ? null : name })
  return html`
    <h3>${app.t('Questions from the lesson')}</h3>
    <ul class="questions">
      ${guides.map(({ name, question }) => html`<li><button class="quiet" aria-pressed=${slice.guide === name} @click=${() => open(name)}>${app.t(question)}</button></li>`)}
    </ul>
  `
}
