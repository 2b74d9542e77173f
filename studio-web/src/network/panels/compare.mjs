import { html, nothing } from 'lit-html'
import { short } from '../../core/number.mjs'
import { pictureChooser, refusalView, waiting } from '../choose.mjs'
import { difference, likeness, valuesOf } from '../maps.mjs'
import { whatOf } from '../says.mjs'
import { drawEnds, drawMap, toneOf } from '../sight.mjs'

/** Two pictures: how alike each layer sees them, and one channel's maps side by side with their difference. */

/** @typedef {import('../context').Context} Context @typedef {import('../types').Look} Look @typedef {import('../types').Maps} Maps */

/** @type {WeakMap<Look, WeakMap<Look, (number | null)[]>>} */
const known = new WeakMap()

/** How alike two looks are, layer by layer; counted once.
 * @param {Look} look @param {Look} other */
function alike(look, other) {
  const before = known.get(look)?.get(other)
  if (before) return before
  const found = look.maps.map((maps, i) => likeness(maps, other.maps[i]))
  known.set(look, (known.get(look) ?? new WeakMap()).set(other, found))
  return found
}

/** @param {Context} context */
export function view(context) {
  const { app, slice, seen, other, change, file, fileErrors, session } = context
  const { t } = app
  const task = seen.looks[1]
  return html`
    <h2>${t('Compare two pictures')}</h2>
    ${pictureChooser(app, slice, 'second', { choose: (name) => change({ second: name }), file: (blob, title) => file('second', blob, title), error: fileErrors.second })}
    ${task?.state === 'asking' ? waiting(app, t('Looking at the second picture…'), () => session.questions.cancel('look 1')) : nothing}
    ${task?.refusal ? refusalView(app, task.refusal, () => session.questions.forget()) : nothing}
    ${other ? together(context, other) : html`<p class="hint">${t('Choose a second picture. For each layer, a number tells how similar its maps of the two pictures are.')}</p>`}
  `
}

/** @param {Context} context @param {Look} other */
function together({ app, look, network, pixel, change, slice }, other) {
  const { t } = app
  return html`
    ${pixel
      ? html`
          <div class="pair" aria-label=${t('channel {channel}', { channel: pixel.channel })}>
            ${[['first', t('first')], ['second', t('second')], ['difference', t('first − second')]].map(
              ([name, word]) => html`<figure><div class="hold"><canvas data-pair=${name} role="img" aria-label=${word}></canvas></div><figcaption><small>${word}</small></figcaption></figure>`,
            )}
          </div>
          <p class="legend"><canvas class="ends" data-of="difference"></canvas></p>
          <button aria-pressed=${slice.difference} @click=${() => change({ difference: !slice.difference })}>${t('Show all maps as differences')}</button>
        `
      : nothing}
    <h3>${t('How similar they are in each layer')}</h3>
    <p class="hint">${t('cosine similarity of all maps: 1 means the same up to a factor, 0 means nothing in common')}</p>
    <ol class="spans alike">
      ${alike(look, other).map(
        (value, i) => html`
          <li data-part=${Math.max(0, value ?? 0).toFixed(4)} aria-current=${pixel?.layer === i}>
            <button class="quiet" @click=${() => change({ layer: i, channel: null, place: null })}>
              <span class="number">${i}</span> <span class="what">${whatOf(t, network.layers[i])}</span>
              <span class="size">${value === null ? '–' : short(value)}</span>
              <span class="bar" aria-hidden="true"></span>
            </button>
          </li>
        `,
      )}
    </ol>
  `
}

/** @param {HTMLElement} el @param {Context} context */
export function paint(el, { look, other, pixel, slice, theme }) {
  if (!other || !pixel) return
  const [one, two] = [look.maps[pixel.layer], other.maps[pixel.layer]]
  const less = difference(only(one, pixel.channel), only(two, pixel.channel))
  const pair = /** @type {Record<string, [Maps, number]>} */ ({ first: [one, pixel.channel], second: [two, pixel.channel], difference: [less, 0] })
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (el.querySelectorAll('canvas[data-pair]'))) {
    const [maps, channel] = pair[canvas.dataset.pair ?? '']
    drawMap(canvas, valuesOf(maps, channel), maps, { pixel, zoom: 1, tone: toneOf(maps, channel, slice, theme.theme), theme })
  }
  const ends = /** @type {HTMLCanvasElement | null} */ (el.querySelector('canvas.ends'))
  if (ends) drawEnds(ends, toneOf(less, 0, slice, theme.theme), theme)
}

/** One channel of maps as maps of their own.
 * @param {Maps} maps @param {number} channel @returns {Maps} */
function only(maps, channel) {
  const area = maps.height * maps.width
  const one = (/** @type {Float32Array} */ numbers) => numbers.subarray(channel, channel + 1)
  return {
    channels: 1,
    height: maps.height,
    width: maps.width,
    low: one(maps.low),
    high: one(maps.high),
    mean: one(maps.mean),
    deviation: one(maps.deviation),
    nonzero: one(maps.nonzero),
    bytes: maps.bytes.subarray(channel * area, (channel + 1) * area),
  }
}
