import { html, nothing } from 'lit-html'
import { shade } from './tone.mjs'

/** Channels one hover away: small pictures of those near the one in front; what feeds this output is marked.
 * @typedef {{ name: string, word: string, all: number, front: number, feeds: (channel: number) => boolean, numbers: (channel: number) => Float64Array,
 *   rows: number, columns: number, tone: (channel: number) => import('./tone.mjs').Tone, colour: Float64Array[] | null,
 *   peek(channel: number | null): void, choose(channel: number): void }} Rail */

const MOST = 6

/** @param {import('../types').Say} t @param {Rail} rail */
export function rail(t, { name, word, all, front, feeds, peek, choose, colour }) {
  const from = Math.max(0, Math.min(front - (MOST >> 1), all - MOST))
  const near = Array.from({ length: Math.min(all, MOST) }, (_, i) => from + i)
  return html`<div class="rail" role="group" aria-label=${name} @pointerleave=${() => peek(null)}>
    <span class="name">${word}</span>
    ${colour ? html`<canvas class="colour" title=${t('the picture in colour')} width="1" height="1"></canvas>` : nothing}
    ${from > 0 ? html`<span class="more">${t('{n} more', { n: from })}</span>` : nothing}
    ${near.map(
      (channel) => html`<button class=${feeds(channel) ? 'feeds' : ''} aria-pressed=${channel === front}
        aria-label=${feeds(channel) ? t('channel {c}', { c: channel }) : t('channel {c}, not read by this output', { c: channel })}
        @pointerenter=${() => peek(channel)} @click=${() => choose(channel)}>
        <canvas data-channel=${channel} width="1" height="1"></canvas><span>${channel}</span>
      </button>`,
    )}
    ${from + MOST < all ? html`<span class="more">${t('{n} more', { n: all - from - MOST })}</span>` : nothing}
  </div>`
}

/** Paints the small pictures of a rail that is on the page. @param {Element} el @param {Rail} rail */
export function paintRail(el, { numbers, rows, columns, tone, colour }) {
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (el.querySelectorAll('canvas[data-channel]'))) {
    const channel = Number(canvas.dataset.channel)
    const [values, ends] = [numbers(channel), tone(channel)]
    paint(canvas, rows, columns, (at) => shade(ends, values[at]))
  }
  const picture = /** @type {HTMLCanvasElement | null} */ (el.querySelector('canvas.colour'))
  if (!picture || !colour) return
  const ends = tone(0)
  const part = (/** @type {number} */ value) => Math.round((255 * (value - ends.low)) / (ends.high - ends.low || 1))
  paint(picture, rows, columns, (at) => [part(colour[0][at]), part(colour[1][at]), part(colour[2][at])])
}

/** @param {HTMLCanvasElement} canvas @param {number} rows @param {number} columns @param {(at: number) => number[]} colourOf */
function paint(canvas, rows, columns, colourOf) {
  canvas.width = columns
  canvas.height = rows
  const image = new ImageData(columns, rows)
  for (let at = 0; at < rows * columns; at++) image.data.set([...colourOf(at), 255], 4 * at)
  canvas.getContext('2d')?.putImageData(image, 0, 0)
}
