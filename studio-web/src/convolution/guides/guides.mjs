import { html, nothing } from 'lit-html'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View */
/** @typedef {import('../explain/explain.mjs').Model} Model */
/**
 * @typedef {object} Guide One question that the page answers by showing. It is open where `slice.guide` is its name.
 * @property {string} name
 * @property {string} question in English: a text with Chinese
 * @property {(app: App, slice: any, model: Model) => View} view
 */

/** The guided views, in the order in which a learner meets them. @type {Guide[]} */
export const guides = []

/** The guided view that is open; the explanation shows it first.
 * @param {App} app @param {any} slice @param {Model} model @returns {View} */
export function guideView(app, slice, model) {
  const guide = guides.find(({ name }) => name === slice.guide)
  return guide ? html`${guide.view(app, slice, model)}` : nothing
}
