import { html, render } from 'lit-html'
import { PANELS } from './slice.mjs'
import * as answer from './panels/answer.mjs'
import * as compare from './panels/compare.mjs'
import * as field from './panels/field.mjs'
import * as kernels from './panels/kernels.mjs'
import * as patches from './panels/patches.mjs'
import * as sum from './panels/sum.mjs'
import * as table from './panels/table.mjs'

/** What is said about the place in focus: one panel at a time, by a list of tabs. */

/** @typedef {import('./context').Context} Context @typedef {import('../types').Say} Say */
/** @typedef {{ view: (context: Context) => unknown, paint?: (el: HTMLElement, context: Context) => void }} Panel */

/** @type {Record<string, Panel>} */
const VIEWS = { answer, sum, field, patches, kernels, compare, table }

/** @param {Say} t @returns {Record<string, string>} */
const titles = (t) => ({
  answer: t('Classes'),
  sum: t('Sum'),
  field: t('Field'),
  patches: t('Patches'),
  kernels: t('Kernels'),
  compare: t('Compare'),
  table: t('Table'),
})

/** @param {HTMLElement} el @param {Context} context */
export function drawExplain(el, context) {
  const { app, slice, change } = context
  const words = titles(app.t)
  render(
    html`
      <div class="panels" role="tablist" aria-label=${app.t('About this place')} @keydown=${(/** @type {KeyboardEvent} */ event) => along(event, context)}>
        ${PANELS.map(
          (name) => html`
            <button role="tab" id="${app.id}-network-tab-${name}" aria-selected=${name === slice.panel} aria-controls="${app.id}-network-panel" tabindex=${name === slice.panel ? 0 : -1} @click=${() => change({ panel: name })}>
              ${words[name]}
            </button>
          `,
        )}
      </div>
      <div class="panel of-${slice.panel}" id="${app.id}-network-panel" role="tabpanel" tabindex="0" aria-labelledby="${app.id}-network-tab-${slice.panel}">${VIEWS[slice.panel].view(context)}</div>
    `,
    el,
  )
  const panel = /** @type {HTMLElement} */ (el.querySelector('.panel'))
  VIEWS[slice.panel].paint?.(panel, context)
  parts(panel)
}

/** Bars as long as their part says: properties, since the page allows no styles in its text.
 * @param {HTMLElement} el */
export function parts(el) {
  for (const one of el.querySelectorAll('[data-part]')) {
    const { style, dataset } = /** @type {HTMLElement} */ (one)
    style.setProperty('--part', dataset.part ?? '0')
    if (dataset.was) style.setProperty('--was', dataset.was)
  }
}

/** @param {KeyboardEvent} event @param {Context} context */
function along(event, { change, app }) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (!by) return
  event.preventDefault()
  const at = PANELS.findIndex((name) => name === app.store.state.network.panel)
  const next = PANELS[(at + by + PANELS.length) % PANELS.length]
  change({ panel: next })
  requestAnimationFrame(() => /** @type {HTMLElement | null} */ (app.root.querySelector(`#${app.id}-network-tab-${next}`))?.focus())
}
