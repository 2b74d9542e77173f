import { html, render } from 'lit-html'
import { explain } from './explain/explain.mjs'
import { createGuideView } from './guides/guides.mjs'
import { recipePane } from './recipe.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice @typedef {import('./model.mjs').Model} Model */

/** What stands at both sides of the stage: the recipe, the explanation. They are brought when the stage is drawn.
 * @param {import('../types').App} app @param {HTMLElement} left @param {HTMLElement} right
 * @param {(kind: 'png' | 'svg' | 'gif') => Promise<Blob>} drawing */
export function createSides(app, left, right, drawing) {
  const pane = recipePane(left, app, drawing)
  const guideView = createGuideView(app)
  return {
    /** The recipe as it is written, and what the stage shows, which is the last layer that could be.
     * @param {Slice} slice @param {Model | null} model @param {{ slice: Slice, model: Model }} seen */
    draw(slice, model, seen) {
      pane.draw(slice, model)
      render(html`<div class="explanation">${guideView(seen.slice, seen.model)} ${explain(app, seen.slice, seen.model)}</div>`, right)
    },
    destroy: pane.destroy,
  }
}
