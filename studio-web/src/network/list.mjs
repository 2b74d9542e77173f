import { html } from 'lit-html'
import { blocksOf, sizeOf, within } from './blocks.mjs'
import { alight, isSigned } from './maps.mjs'
import { percent, whatOf } from './says.mjs'

/** The layers in order, by blocks, each with its size and how much of it is alight. */

/** @typedef {import('../types').App} App @typedef {import('./types').Opened} Opened @typedef {import('./types').Look} Look */

/** @param {App} app @param {Opened} network @param {Look | null} look @param {number | null} current @param {(layer: number | null) => void} open */
export function layerList(app, { layers }, look, current, open) {
  const { t } = app
  return html`
    <nav class="layers" aria-label=${t('Layers')} @keydown=${walk}>
      <button class="layer all" tabindex=${current === null ? 0 : -1} aria-current=${current === null} @click=${() => open(null)}>
        <span class="what">${t('All layers at once')}</span> <span class="size">${layers.length}</span>
      </button>
      ${blocksOf(layers).map(
        ({ name, layers: inBlock }) => html`
          ${name ? html`<h2><code>${name}</code></h2>` : ''}
          ${inBlock.map((layer) => row(app, layer, within(layer, name), look, current, open))}
        `,
      )}
    </nav>
  `
}

/** @param {App} app @param {import('./types').Layer} layer @param {string} path @param {Look | null} look @param {number | null} current
 * @param {(layer: number) => void} open */
function row({ t }, layer, path, look, current, open) {
  const maps = look?.maps[layer.index]
  const share = maps ? alight(maps) : 0
  const title = maps
    ? isSigned(maps)
      ? t('{path}: values above and below zero', { path: layer.path })
      : t('{path}: {share} of its values are above zero', { path: layer.path, share: percent(share) })
    : layer.path
  return html`
    <button class="layer ${maps && isSigned(maps) ? 'signed' : ''}" tabindex=${layer.index === current ? 0 : -1} aria-current=${layer.index === current} title=${title} data-part=${share.toFixed(3)} @click=${() => open(layer.index)}>
      <span class="number">${layer.index}</span>
      <span class="what">${path === layer.path && !/^\d+$/.test(path) ? html`<code>${path}</code>` : whatOf(t, layer)}</span>
      <span class="size">${sizeOf(layer)}</span>
      <span class="bar" aria-hidden="true"></span>
    </button>
  `
}

/** Arrows, Home and End walk the list.
 * @param {KeyboardEvent} event */
function walk(event) {
  const nav = /** @type {HTMLElement} */ (event.currentTarget)
  const rows = /** @type {HTMLElement[]} */ ([...nav.querySelectorAll('.layer')])
  const from = rows.indexOf(/** @type {HTMLElement} */ (event.target))
  const to = { ArrowDown: from + 1, ArrowUp: from - 1, Home: 0, End: rows.length - 1 }[event.key]
  if (from < 0 || to === undefined) return
  event.preventDefault()
  rows[Math.min(Math.max(to, 0), rows.length - 1)].focus()
}
