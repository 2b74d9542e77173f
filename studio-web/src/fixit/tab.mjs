import { html, render } from 'lit-html'
import { panes } from '../app/panes.mjs'

/** @type {import('../types').Tab} */
export const fixit = {
  name: 'fixit',
  title: 'Fix it',
  start: {},
  toLink: () => ({}),
  fromLink: () => ({}),
  mount(el, app) {
    const { recipe, stage, explain } = panes(el, app)
    return {
      draw(state) {
        render(html`<p>${state.tab}</p>`, recipe)
        render(html`<p>${app.t('Fix it')}</p>`, stage)
        render(html`<p></p>`, explain)
      },
      keys: {},
      help: [],
      hide() {},
      show() {},
      destroy() {},
    }
  },
}
