import { nothing } from 'lit-html'
import { guard } from 'lit-html/directives/guard.js'
import { later } from '../../app/later.mjs'
import { say } from '../say.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../explain/explain.mjs').Model} Model */

/** The questions that the page answers by showing, in the order in which a learner meets them. A view is open where
 * `slice.guide` is its name. */
export const guides = [
  { name: 'sparse', question: say('Who is connected to whom?') },
  { name: 'same', question: say("Is padding=1 the same as 'same'?") },
  { name: 'strided-same', question: say("Why does PyTorch refuse 'same' with a stride?") },
  { name: 'one-pixel', question: say('Same size, different numbers: the one-pixel lie') },
  { name: 'translation', question: say('The picture moves: does the map follow?') },
  { name: 'learned', question: say("What decides a kernel's values?") },
  { name: 'layers', question: say('What does each layer see?') },
]

/** Draws the guided view that is open; the views are brought when one is first opened.
 * @param {App} app */
export function createGuideView(app) {
  const brought = later(app, () => import('./views.mjs'))
  let wasClosed = false

  return (/** @type {any} */ slice, /** @type {Model} */ model) => {
    const guide = guides.find(({ name }) => name === slice.guide)
    if (!guide) {
      wasClosed = true
      return nothing
    }
    const views = brought.now()
    if (!views) return brought.view()
    if (wasClosed) views.nothingShown(app)
    wasClosed = false
    const { lang, theme } = app.store.state
    const seen = [slice.guide, model.input, model.weight, slice.out, slice.wire, slice.tick, lang, theme]
    return guard(seen, () => views.VIEWS[guide.name](app, slice, model, app.t(guide.question)))
  }
}
