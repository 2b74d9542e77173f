import { html } from 'lit-html'
import { short } from '../../core/number.mjs'
import { activity, deadCount, isDead, order } from '../maps.mjs'
import { percent } from '../says.mjs'

/** The channels of the layer in focus as a table, and the layers where none is in focus. */

/** @typedef {import('../context').Context} Context */

const MOST_ROWS = 2048

/** @param {Context} context */
export const view = (context) => (context.pixel ? channels(context, context.pixel) : layers(context))

/** @param {Context} context @param {import('../types').Pixel} pixel */
function channels({ app, look, slice, change, network }, pixel) {
  const { t } = app
  const maps = look.maps[pixel.layer]
  const active = activity(maps)
  return html`
    <h2>${t('The channels of layer {layer}', { layer: pixel.layer })}</h2>
    <p class="hint"><code>${network.layers[pixel.layer].path}</code> ${t('{dead} of {n} are dead: the same value everywhere', { dead: deadCount(maps), n: maps.channels })}</p>
    <table class="statistics">
      <thead><tr>${[t('channel'), t('lowest'), t('highest'), t('mean absolute value'), t('standard deviation'), t('non-zero')].map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
      <tbody>
        ${order(maps, slice.sort).slice(0, MOST_ROWS).map(
          (channel) => html`
            <tr aria-current=${channel === pixel.channel}>
              <th scope="row"><button class="quiet" @click=${() => change({ channel })}>${channel}</button></th>
              <td>${short(maps.low[channel])}</td>
              <td>${short(maps.high[channel])}</td>
              <td>${short(active[channel])}</td>
              <td>${short(maps.deviation[channel])}</td>
              <td>${isDead(maps, channel) ? t('dead') : percent(maps.nonzero[channel])}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `
}

/** @param {Context} context */
function layers({ app, look, network, change }) {
  const { t } = app
  return html`
    <h2>${t('The layers')}</h2>
    <table class="statistics">
      <thead><tr>${[t('layer'), t('kind'), t('size'), t('parameters'), t('dead')].map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
      <tbody>
        ${network.layers.map(
          ({ index, path, kind, channels, height, width, parameters }) => html`
            <tr>
              <th scope="row"><button class="quiet" @click=${() => change({ layer: index, channel: null, place: null })}>${index}</button></th>
              <td>${kind} <code>${path}</code></td>
              <td>${channels} × ${height} × ${width}</td>
              <td>${parameters.toLocaleString('en')}</td>
              <td>${deadCount(look.maps[index])}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `
}
