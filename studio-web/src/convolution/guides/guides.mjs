import { nothing } from 'lit-html'
import { say } from '../say.mjs'
import { nothingShown } from './frame.mjs'
import { layers } from './layers.mjs'
import { learned } from './learned.mjs'
import { onePixel } from './one-pixel.mjs'
import { isSame } from './same.mjs'
import { strided } from './strided.mjs'
import { translation } from './translation.mjs'
import { wires } from './wires.mjs'

export { isSeen } from './frame.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View */
/** @typedef {import('../explain/explain.mjs').Model} Model */
/**
 * @typedef {object} Guide One question that the page answers by showing. It is open where `slice.guide` is its name.
 * @property {string} name
 * @property {string} question in English: a text with Chinese
 * @property {(app: App, slice: any, model: Model, question: string) => View} view
 */

/** The guided views, in the order in which a learner meets them. @type {Guide[]} */
export const guides = [
  { name: 'sparse', question: say('Who is connected to whom?'), view: wires },
  { name: 'same', question: say("Is padding=1 the same as 'same'?"), view: isSame },
  { name: 'strided-same', question: say("Why does PyTorch refuse 'same' with a stride?"), view: strided },
  { name: 'one-pixel', question: say('Same size, different numbers: the one-pixel lie'), view: onePixel },
  { name: 'translation', question: say('The picture moves: does the map follow?'), view: translation },
  { name: 'learned', question: say("What decides a kernel's values?"), view: learned },
  { name: 'layers', question: say('What does each layer see?'), view: layers },
]

/** The guided view that is open; the explanation shows it first.
 * @param {App} app @param {any} slice @param {Model} model @returns {View} */
export function guideView(app, slice, model) {
  const guide = guides.find(({ name }) => name === slice.guide)
  if (guide) return guide.view(app, slice, model, app.t(guide.question))
  nothingShown(app)
  return nothing
}
