import { html, render } from 'lit-html'
import { exportsMenu } from './exports.mjs'
import { createKernelEditor } from './kernel/editor.mjs'
import { recipeLine } from './recipe-line.mjs'

/** The left pane: the layer as code and as a form, its kernel, its picture.
 * @param {HTMLElement} el @param {import('../types').App} app @param {{ drawing(kind: 'png' | 'svg' | 'gif'): Promise<Blob> }} stage */
export function recipePane(el, app, stage) {
  const line = recipeLine(app)
  const kernelEditor = createKernelEditor(app)
  return {
    /** @param {import('./slice.mjs').Slice} slice @param {import('./model.mjs').Model | null} model */
    draw(slice, model) {
      render(
        html`
          ${line(slice)} ${kernelEditor(slice)} ${model?.note ? html`<p class="note">${app.words(model.note)}</p>` : ''}
          ${exportsMenu(app, slice, stage.drawing)}
        `,
        el,
      )
    },
    keys: {},
    help: /** @type {[string, string][]} */ ([]),
    destroy() {},
  }
}
