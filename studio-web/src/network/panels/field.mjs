import { html } from 'lit-html'
import { span } from '../fields.mjs'
import { whatOf } from '../says.mjs'
import { toLayer } from '../moves.mjs'

/** What each layer sees: the field of one place, growing layer by layer. */

/** @typedef {import('../context').Context} Context */

/** @param {Context} context */
export function view(context) {
  const { app, network, look, pixel, slice, change, fieldOf } = context
  const { t } = app
  const { height, width } = network.input
  const start = pixel ?? { layer: 0, channel: 0, row: Math.floor((look.maps[0].height - 1) / 2), column: Math.floor((look.maps[0].width - 1) / 2) }
  return html`
    <h2>${t('What does each layer see?')}</h2>
    <p>${t('A pixel of the first layer sees a few pixels of the picture. Each later layer looks at windows of the layer before. So the receptive field grows, often until it covers the whole picture.')}</p>
    <button class="play" aria-pressed=${slice.walking} @click=${() => change({ walking: !slice.walking })}>
      ${slice.walking ? `❚❚ ${t('Stop')}` : `▶ ${t('Play layer by layer')}`}
    </button>
    <ol class="spans">
      ${network.layers.map((layer) => {
        const field = fieldOf(toLayer(start, look, layer.index))
        const [rows, columns] = field ? span(field) : [0, 0]
        const share = (rows * columns) / (height * width)
        return html`
          <li data-part=${Math.sqrt(share).toFixed(4)} aria-current=${pixel?.layer === layer.index}>
            <button class="quiet" @click=${() => change({ ...place(toLayer(start, look, layer.index)), walking: false })}>
              <span class="number">${layer.index}</span> <span class="what">${whatOf(t, layer)}</span>
              <span class="size">${field ? `${rows} × ${columns}` : t('unknown')}</span>
              <span class="bar" aria-hidden="true"></span>
            </button>
          </li>
        `
      })}
    </ol>
  `
}

/** @param {import('../types').Pixel} pixel */
const place = ({ layer, channel, row, column }) => ({ layer, channel, place: /** @type {[number, number]} */ ([row, column]) })
