import { html, nothing } from 'lit-html'
import { canvasOf, pen } from '../network/drawing.mjs'
import { nearest } from './distance.mjs'
import { awaited } from './intake.mjs'
import { layersView } from './layers.mjs'
import { numbersView } from './numbers.mjs'
import { scale, written } from './scale.mjs'

/** Why two faces are near or far: side by side, the way of both through the network, and the numbers that come out. */

/** @typedef {import('./context').FaceContext} FaceContext @typedef {import('./types').Face} Face @typedef {import('./types').Apart} Apart */
/** @typedef {{ key: string, label: string, face: Face | null }} Choice */

/** @param {FaceContext} context */
export function nearView(context) {
  const { app, face, change } = context
  const { t } = app
  if (!face) return nothing
  const choices = choicesOf(context)
  const [one, two] = chosenOf(context, choices)
  const known = pairOf(context, one, two)
  return html`
    <section class="near" aria-label=${t('Why are two faces near or far?')}>
      <h2>${t('Why are two faces near or far?')}</h2>
      <div class="pair">
        ${side(context, choices, one, t('First face'), (key) => change({ one: key }))}
        ${two ? side(context, choices, two, t('Second face'), (key) => change({ two: key })) : html`<p class="hint">${t('For a second face, open another photograph or keep somebody under a name.')}</p>`}
      </div>
      ${known.waits}
      ${known.apart && two ? told(context, known.apart, one, two) : nothing}
    </section>
  `
}

/** @param {FaceContext} context @param {Apart} apart @param {Choice} one @param {Choice} two */
function told(context, apart, one, two) {
  const { app, found, who } = context
  const { t } = app
  const accepted = who?.value?.accepted ?? found?.value?.published ?? 0
  const doubted = who?.value?.doubted ?? accepted
  const distance = written(apart.distance)
  return html`
    <p class="answer" data-distance=${apart.distance}>${distance}</p>
    <p>${apart.distance <= accepted ? t('Nearer than the threshold: two photographs of one person mostly are.') : t('Farther than the threshold: two photographs of one person mostly are nearer.')} <span class="hint">${t('Neither is a proof.')}</span></p>
    ${scale(t, { accepted, doubted }, [{ at: apart.distance, label: t('distance') }])}
    ${layersView(context, one.face, two.face)}
    ${numbersView(context, apart)}
  `
}

/** Faces of all photographs, and people. @param {FaceContext} context @returns {Choice[]} */
function choicesOf({ app: { t }, session, people }) {
  const faces = session.photographs().flatMap((photo) => session.find(photo).value?.faces ?? [])
  return [
    ...faces.map((face) => ({ key: face.key, face, label: `${face.photo.title}${t(', ')}${t('face {n}', { n: face.index + 1 })}` })),
    ...(people?.value?.people ?? []).map(({ name }) => ({ key: `person ${name}`, face: null, label: t('{name}, as kept', { name }) })),
  ]
}

/** The two that are compared: where none is chosen, the face that is looked at, and one of another photograph, of this
 * one, or a person. @param {FaceContext} context @param {Choice[]} choices @returns {[Choice, Choice | null]} */
function chosenOf({ slice, face }, choices) {
  const called = (/** @type {string | null} */ key) => choices.find((each) => each.key === key)
  const looked = /** @type {Choice} */ (called(face?.key ?? null) ?? choices[0])
  const one = called(slice.one) ?? looked
  const others = choices.filter((each) => each.key !== one.key)
  const elsewhere = others.filter((each) => each.face && each.face.photo !== face?.photo)
  return [one, called(slice.two) ?? elsewhere.at(-1) ?? others[0] ?? null]
}

/** The two descriptions whose distance is shown. @param {FaceContext} context */
export function pairShown(context) {
  const choices = choicesOf(context)
  return context.face ? pairOf(context, ...chosenOf(context, choices)).apart : null
}

/** @param {FaceContext} context @param {Choice} one @param {Choice | null} two @returns {{ apart: Apart | null, waits: unknown }} */
function pairOf(context, one, two) {
  if (!two) return { apart: null, waits: nothing }
  const tasks = [one, two].map(({ face, key }) => (face ? null : context.session.kept(key.slice('person '.length), context.slice.version)))
  const rows = [one, two].map(({ face }, i) => (face ? [face.numbers] : (tasks[i]?.value ?? [])))
  const waits = tasks.map((task, i) => (task ? awaited(context, task, context.app.t('Reading the gallery…'), `kept ${[one, two][i].key.slice('person '.length)}`) : nothing))
  return { apart: nearest(rows[0], rows[1]), waits }
}

/** @param {FaceContext} context @param {Choice[]} choices @param {Choice} chosen @param {string} label @param {(key: string) => void} choose */
function side({ app: { t } }, choices, chosen, label, choose) {
  return html`
    <figure>
      <label><span>${label}</span>
        <select @change=${(/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target).value)}>
          ${choices.map((each) => html`<option value=${each.key} ?selected=${each.key === chosen.key}>${each.label}</option>`)}
        </select>
      </label>
      ${chosen.face
        ? html`<canvas data-chip=${chosen.key} width=${chosen.face.side} height=${chosen.face.side} role="img" aria-label=${t('the face upright, {n} × {n} pixels', { n: chosen.face.side })}></canvas>`
        : html`<p class="numbers-only">${t('Of people who are kept there is no photograph: only 128 numbers for each that was added.')}</p>`}
    </figure>
  `
}

/** @param {HTMLElement} el @param {ReturnType<typeof import('../network/drawing.mjs').createPainter>} painter @param {FaceContext} context */
export function paintChips(el, painter, { session }) {
  const faces = session.photographs().flatMap((photo) => session.find(photo).value?.faces ?? [])
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (el.querySelectorAll('canvas[data-chip]'))) {
    const face = faces.find(({ key }) => key === canvas.dataset.chip)
    if (face) painter.paint(canvas, face.key, () => pen(canvas).drawImage(canvasOf(face.chip, face.side, face.side), 0, 0))
  }
}
