import { html, nothing } from 'lit-html'

/** One kernel, or two in a row, on a picture. @param {import('../types').App} app */
export function createKernels(app) {
  return {
    view: () => html`<p>${app.t('What it learns')}</p>`,
    recipe: () => nothing,
    explain: () => nothing,
    open() {},
    close() {},
    keys: {},
    help: /** @type {[string, string][]} */ ([]),
  }
}
