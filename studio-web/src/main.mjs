import { convolution } from './convolution/tab.mjs'
import { fixit } from './fixit/tab.mjs'
import { network } from './network/tab.mjs'
import { createApp } from './app/app.mjs'
import { alone } from './host/alone.mjs'
import { notebook } from './host/notebook.mjs'
import { served } from './host/served.mjs'

/** @typedef {import('./types').Host} Host */

const TABS = [convolution, network, fixit]

/** The page in an element; gives what takes it down.
 * @param {HTMLElement} el @param {Host} host */
export function mount(el, host) {
  return createApp(el, host, TABS)
}

/** The widget: what anywidget calls in every notebook. */
export default {
  /** @param {{ model: any, el: HTMLElement }} view */
  render({ model, el }) {
    return mount(el, notebook(model))
  },
}

const page = globalThis.document?.getElementById('kaiyan-boot')
if (page) {
  const boot = JSON.parse(page.textContent ?? '{}')
  const el = /** @type {HTMLElement} */ (document.getElementById('kaiyan'))
  mount(el, boot.recorded ? alone(boot) : served(boot))
}
