import { html, nothing } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { formed } from './typed.mjs'
import { axisField, row, stepper } from './recipe-fields.mjs'
import { modeField, paddingField } from './recipe-padding.mjs'
import { say } from './say.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').Conv} Conv @typedef {import('./slice.mjs').Slice} Slice */

const KINDS = [1, 2, 3].flatMap((rank) => [`Conv${rank}d`, `ConvTranspose${rank}d`]).sort()
const NAMES = [['L'], ['H', 'W'], ['D', 'H', 'W']]
const MOST_CHANNELS = 512

/** The layer as a form: the three fields that one meets first, the others behind "More".
 * @param {App} app @param {Slice} slice */
export function recipeForm(app, slice) {
  const { conv } = slice
  const set = (/** @type {Conv} */ next) => app.store.change('convolution', formed(app.store.state.convolution, legal(next)))
  return html`
    <div class="form" role="group" aria-label=${app.t('The layer as a form')}>
      ${axisField(app, conv, 'kernel', set)} ${axisField(app, conv, 'stride', set)} ${paddingField(app, slice, set)}
      <details class="more">
        <summary>${app.t('Channels, groups and more')}</summary>
        ${kindField(app, conv, set)} ${channelField(app, conv, 'in_channels', set)} ${channelField(app, conv, 'out_channels', set)}
        ${groupsField(app, conv, set)} ${axisField(app, conv, 'dilation', set)} ${modeField(app, conv, set)}
        ${conv.transposed ? axisField(app, conv, 'output_padding', set) : nothing} ${biasField(app, conv, set)}
      </details>
    </div>
  `
}

/** The nearest layer that is legal: groups that divide both channels, an output padding below stride or dilation.
 * @param {Conv} conv @returns {Conv} */
export function legal(conv) {
  const divisors = divisorsOf(conv)
  const groups = divisors.filter((n) => n <= conv.groups).at(-1) ?? 1
  const { transposed } = conv
  const hasWord = conv.axes.some(({ padding }) => typeof padding === 'string')
  const axes = conv.axes.map((axis) => {
    const most = transposed && !hasWord ? Math.max(axis.stride, axis.dilation) - 1 : 0
    return { ...axis, output_padding: Math.min(axis.output_padding, most) }
  })
  return { ...conv, groups, axes, padding_mode: transposed ? 'zeros' : conv.padding_mode }
}

/** @param {Conv} conv */
function divisorsOf({ in_channels, out_channels }) {
  const most = Math.min(in_channels, out_channels)
  return Array.from({ length: most }, (_, i) => i + 1).filter((n) => in_channels % n === 0 && out_channels % n === 0)
}

/** @param {App} app @param {Conv} conv @param {(conv: Conv) => void} set */
function kindField(app, conv, set) {
  const name = `Conv${conv.transposed ? 'Transpose' : ''}${conv.axes.length}d`
  const choose = (/** @type {string} */ kind) => {
    const rank = Number(kind.at(-2))
    const axes = NAMES[rank - 1].map((axis, i) => ({ ...(conv.axes[Math.max(0, i - rank + conv.axes.length)] ?? conv.axes[0]), name: axis }))
    set({ ...conv, axes, transposed: kind.includes('Transpose') })
  }
  return row(app, 'kind', app.t('kind'), html`
    <select aria-label=${app.t('kind')} .value=${live(name)} @change=${(/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target).value)}>
      ${KINDS.map((kind) => html`<option ?selected=${kind === name}>${kind}</option>`)}
    </select>
  `)
}

/** @param {App} app @param {Conv} conv @param {'in_channels' | 'out_channels'} key @param {(conv: Conv) => void} set */
function channelField(app, conv, key, set) {
  const word = key === 'in_channels' ? say('input channels') : say('output channels')
  const isDepthwise = conv.groups > 1 && conv.groups === conv.in_channels
  const put = (/** @type {number} */ n) => {
    const next = { ...conv, [key]: n }
    if (isDepthwise && conv.out_channels === conv.in_channels) set({ ...next, in_channels: n, out_channels: n, groups: n })
    else set(next)
  }
  return row(app, word, key, stepper(app, { key, label: app.t(word), value: conv[key], least: 1, most: MOST_CHANNELS, set: put }))
}

/** A slider from full over grouped to depthwise, over what divides both channels.
 * @param {App} app @param {Conv} conv @param {(conv: Conv) => void} set */
function groupsField(app, conv, set) {
  const divisors = divisorsOf(conv)
  const word = groupWord(app, conv)
  const slide = (/** @type {Event} */ event) => set({ ...conv, groups: divisors[Number(/** @type {HTMLInputElement} */ (event.target).value)] })
  const control = html`
    <input
      type="range"
      min="0"
      max=${divisors.length - 1}
      ?disabled=${divisors.length === 1}
      aria-label=${app.t('groups')}
      aria-valuetext=${`${conv.groups}, ${word}`}
      .value=${live(String(divisors.indexOf(conv.groups)))}
      @input=${slide}
    />
    <span class="ends"><small>${app.t('not grouped')}</small><strong>${conv.groups} · ${word}</strong><small>${app.t('depthwise')}</small></span>
    ${divisors.length === 1 ? html`<small>${app.t('Grouping needs input and output channels with a common divisor, such as 4 and 8.')}</small>` : nothing}
  `
  return row(app, 'groups', 'groups', control, 'wide')
}

/** @param {App} app @param {Conv} conv */
function groupWord({ t }, { groups, in_channels }) {
  if (groups === 1) return t('not grouped')
  return groups === in_channels ? t('depthwise') : t('grouped')
}

/** @param {App} app @param {Conv} conv @param {(conv: Conv) => void} set */
function biasField(app, conv, set) {
  return row(app, 'bias', 'bias', html`
    <input type="checkbox" aria-label=${app.t('bias')} .checked=${live(conv.bias)} @change=${(/** @type {Event} */ event) => set({ ...conv, bias: /** @type {HTMLInputElement} */ (event.target).checked })} />
  `)
}
