import { html, nothing, svg } from 'lit-html'
import { styled } from '../app/styled.mjs'
import { canvasOf, pen } from '../network/drawing.mjs'
import { awaited, fileButton, refusedAt } from './intake.mjs'
import { written } from './scale.mjs'

/** The photograph, with a frame around each face and its five points; and the same as a table. */

/** @typedef {import('./context').FaceContext} FaceContext @typedef {import('./types').Face} Face @typedef {import('./types').Recognition} Recognition */

/** @param {FaceContext} context */
export function photographView(context) {
  const { app, slice, photo, found } = context
  if (!photo || !found) return nothing
  const { t } = app
  const faces = found.value?.faces ?? []
  return html`
    <header class="head">
      <h2>${photo.title}</h2>
      <p class="count">${found.value ? counted(context, faces.length) : nothing}</p>
      ${fileButton(context, t('Another photograph'))}
    </header>
    ${slice.busy === 'read' ? html`<p role="status">${t('Reading the photograph…')}</p>` : nothing}
    ${refusedAt(context, 'photograph')}
    ${awaited(context, found, t('Looking for faces. The first time the networks are read, which takes some seconds…'), `find ${photo.id}`)}
    <div class="frame" ${styled({ '--ratio': (photo.width / photo.height).toFixed(4) })}>
      <canvas data-photo=${photo.id} width=${photo.width} height=${photo.height} role="img" aria-label=${t('photograph {title}', { title: photo.title })}></canvas>
      <svg viewBox="0 0 ${photo.width} ${photo.height}" aria-hidden="true">
        ${faces.map((face) => face.points.map(([row, column]) => svg`<circle cx=${column} cy=${row} r=${dot(face)}></circle>`))}
      </svg>
      ${faces.map((face) => frame(context, face))}
    </div>
    ${faces.length ? html`${table(context, faces)}<p class="acts"><button @click=${toName}>${t('Name this face')}</button></p>` : nothing}
    ${found.value && !faces.length ? html`<p class="hint">${t('A face is found where it is upright, seen from the front and at least 80 pixels high on a photograph of 1600.')}</p>` : nothing}
    ${photo.notes.map((note) => html`<p class="hint">${app.words(note)}</p>`)}
  `
}

/** To the field for the name, which a narrow page has far below. @param {Event} event */
function toName(event) {
  const field = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('.faces')?.querySelector('.naming input'))
  field?.scrollIntoView({ block: 'center' })
  field?.focus()
}

/** @param {FaceContext} context @param {number} faces */
export const counted = ({ app: { t } }, faces) => (faces === 0 ? t('no face is found') : faces === 1 ? t('one face is found') : t('{n} faces are found', { n: faces }))

/** Who a face is, in a word. @param {FaceContext} context @param {Recognition | undefined} known */
export function answered({ app: { t } }, known) {
  if (!known) return ''
  return known.answer === 'name' ? known.name ?? '' : known.answer === 'unsure' ? t('unsure') : t('not known here')
}

/** @param {Face} face */
const dot = ({ box: [top, , bottom] }) => Math.max(1.5, (bottom - top) / 50).toFixed(1)

/** @param {FaceContext} context @param {Face} face */
function frame(context, face) {
  const { app, photo, who, change } = context
  if (!photo) return nothing
  const [top, left, bottom, right] = face.box
  const known = who?.value?.faces[face.index]
  const label = app.t('face {n}', { n: face.index + 1 })
  const name = answered(context, known)
  return html`
    <button
      class="face" data-face=${face.index} aria-pressed=${face === context.face}
      aria-label=${name ? `${label}${app.t(', ')}${name}` : label}
      ${styled({ '--top': part(top, photo.height), '--left': part(left, photo.width), '--high': part(bottom + 1 - top, photo.height), '--wide': part(right + 1 - left, photo.width) })}
      @click=${() => change({ face: face.index, one: null, two: null, refused: null })}
    ><span>${face.index + 1}${known?.answer === 'name' ? html`<i> ${name}</i>` : nothing}</span></button>
  `
}

/** @param {number} at @param {number} n */
const part = (at, n) => `${((100 * at) / n).toFixed(3)}%`

/** @param {FaceContext} context @param {Face[]} faces */
function table(context, faces) {
  const { app, who, change } = context
  const { t } = app
  return html`
    <div class="wide">
      <table class="faces-found">
        <caption class="unseen">${t('Faces on the photograph')}</caption>
        <thead><tr><th scope="col">${t('Face')}</th><th scope="col">${t('Who')}</th><th scope="col">${t('Distance')}</th><th scope="col">${t('Score')}</th><th scope="col">${t('Box: rows, columns')}</th></tr></thead>
        <tbody>
          ${faces.map((face) => {
            const known = who?.value?.faces[face.index]
            const [top, left, bottom, right] = face.box
            return html`<tr aria-current=${face === context.face}>
              <th scope="row"><button class="quiet" @click=${() => change({ face: face.index, one: null, two: null, refused: null })}>${t('face {n}', { n: face.index + 1 })}</button></th>
              <td>${who?.state === 'asking' ? '…' : answered(context, known)}</td>
              <td>${known?.distance ? written(known.distance) : '–'}</td>
              <td>${face.score.toFixed(2)}</td>
              <td>${top}–${bottom}${t(', ')}${left}–${right}</td>
            </tr>`
          })}
        </tbody>
      </table>
    </div>
  `
}

/** @param {HTMLElement} el @param {ReturnType<typeof import('../network/drawing.mjs').createPainter>} painter @param {FaceContext} context */
export function paintPhotographs(el, painter, { session }) {
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (el.querySelectorAll('canvas[data-photo]'))) {
    const photo = session.photograph(Number(canvas.dataset.photo))
    if (photo) painter.paint(canvas, `${photo.id} ${canvas.width} ${canvas.height}`, () => pen(canvas).drawImage(canvasOf(photo.rgb, photo.height, photo.width), 0, 0, canvas.width, canvas.height))
  }
}
