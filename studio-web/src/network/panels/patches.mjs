import { html } from 'lit-html'
import { short } from '../../core/number.mjs'
import { refusalView } from '../choose.mjs'
import { canvasOf, pen } from '../drawing.mjs'

/** The pieces of the pictures that excite the channel in focus most. */

/** @typedef {import('../context').Context} Context */
/** @typedef {{ picture: string, value: number, box: number[], height: number, width: number, mirrored: boolean }} Patch */

/** @param {Context} context */
const asked = ({ session, look, pixel }) => (pixel ? session.about('excite', look, { layer: pixel.layer, channel: pixel.channel }) : null)

/** @param {Context} context */
export function view(context) {
  const { app, pixel } = context
  const { t } = app
  if (!pixel) return html`<p>${t('Open a layer and choose a channel. The patches of your pictures that activate it most are shown here.')}</p>`
  const task = asked(context)
  /** @type {Patch[] | null} */
  const patches = task?.value?.facts.patches ?? null
  return html`
    <h2>${t('What activates channel {channel} most?', { channel: pixel.channel })}</h2>
    <p>${t('The places in your pictures where its value is highest, cropped to its receptive field.')}</p>
    ${task?.refusal ? refusalView(app, task.refusal, () => context.session.questions.forget()) : ''}
    ${task?.state === 'asking' ? html`<p role="status" class="hint">${t('Searching the pictures…')}</p>` : ''}
    <div class="patches">
      ${patches?.map(
        ({ picture, value, box, mirrored }, i) => html`
          <figure>
            <canvas data-patch=${i} role="img" aria-label=${t('rows {top}–{bottom}, columns {left}–{right} of {picture}', boxFacts(box, picture))}></canvas>
            <figcaption><b>${short(value)}</b> <small>${picture}${mirrored ? `, ${t('mirrored')}` : ''}</small></figcaption>
          </figure>
        `,
      )}
    </div>
    ${patches ? html`<p class="hint">${app.words(task?.value?.facts.searched)}</p>` : ''}
    ${patches && !patches.length ? html`<p>${t('It is dead in all of these pictures.')}</p>` : ''}
  `
}

/** @param {number[]} box @param {string} picture */
const boxFacts = ([top, left, height, width], picture) => ({
  top: Math.round(top),
  bottom: Math.round(top + height - 1),
  left: Math.round(left),
  right: Math.round(left + width - 1),
  picture,
})

/** @param {HTMLElement} el @param {Context} context */
export function paint(el, context) {
  const reply = asked(context)?.value
  if (!reply) return
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (el.querySelectorAll('canvas[data-patch]'))) {
    const at = Number(canvas.dataset.patch)
    const { height, width } = reply.facts.patches[at]
    canvas.width = width
    canvas.height = height
    pen(canvas).drawImage(canvasOf(reply.bytes[at], height, width), 0, 0)
  }
}
