import { createApp } from './app/app.mjs'
import { alone } from './host/alone.mjs'
import { notebook } from './host/notebook.mjs'
import { TABS } from './tabs.mjs'

/** The widget: what anywidget calls in every notebook. */
export default {
  /** @param {{ model: any, el: HTMLElement }} view */
  render: ({ model, el }) => createApp(el, notebook(model), TABS),
}

/** The page in one file. */
const page = globalThis.document?.getElementById('kaiyan-boot')
if (page) createApp(/** @type {HTMLElement} */ (document.getElementById('kaiyan')), alone(JSON.parse(page.textContent ?? '{}')), TABS)
