import { html, render } from 'lit-html'
import { download } from '../app/download.mjs'
import { takeFiles } from '../app/files.mjs'
import { panes } from '../app/panes.mjs'
import { refusalOf } from '../host/refusal.mjs'
import { createPainter } from '../network/drawing.mjs'
import { lookOf } from '../stage/look.mjs'
import { answerView } from './answer.mjs'
import { fileButton, invitation } from './intake.mjs'
import { paintLayers } from './layers.mjs'
import { nearView, paintChips, pairShown } from './near.mjs'
import { paintStrips } from './numbers.mjs'
import { cardView, peopleView } from './people.mjs'
import { answered, counted, paintPhotographs, photographView } from './photograph.mjs'
import { createSession } from './session.mjs'

/** Who is this, and why: faces on one's own photograph, on this machine alone. */

/** @typedef {import('../types').App} App @typedef {import('./types').FaceSlice} FaceSlice @typedef {import('./context').FaceContext} FaceContext */

/** @param {HTMLElement} el @param {App} app @returns {import('../types').MountedTab} */
export function mount(el, app) {
  const { recipe, stage, explain } = panes(el, app, { recipe: 'Photographs', explain: 'Who is it' })
  const now = () => /** @type {FaceSlice} */ (app.store.state.faces)
  const change = (/** @type {Partial<FaceSlice>} */ changes) => app.store.change('faces', changes)
  const session = createSession(app, () => change({ tick: now().tick + 1 }))
  const painter = createPainter()
  /** @type {import('./types').Photograph | null} */
  let told = null

  /** Does what changes something, one after the other. @template Value @param {NonNullable<FaceSlice['busy']>} busy
   * @param {'photograph' | 'name' | 'people'} at @param {() => Promise<Value>} act @returns {Promise<Value | null>} */
  const doing = async (busy, at, act) => {
    change({ busy, refused: null })
    try {
      return await act()
    } catch (error) {
      const refusal = refusalOf(error)
      change({ refused: { at, refusal } })
      app.tell(app.words(refusal.words))
      return null
    } finally {
      change({ busy: null })
    }
  }
  const take = async (/** @type {Blob} */ file, /** @type {string} */ title) => {
    const photo = await doing('read', 'photograph', () => session.take(file, title))
    if (photo) change({ shown: photo.id, face: 0, one: null, two: null, number: null })
  }
  const tellWith = (/** @type {string} */ text, /** @type {import('../types').Words[]} */ notes) =>
    app.tell(notes.length ? `${text}${app.t(': ')}${notes.map(app.words).join(app.t('; '))}` : text)
  const changed = (/** @type {import('../types').Words[]} */ notes, /** @type {string} */ text) => {
    change({ version: now().version + 1, removing: null })
    tellWith(text, notes)
  }
  const name = async (/** @type {import('./types').Face} */ face, /** @type {string} */ called, /** @type {string} */ consent) => {
    const done = await doing('add', 'name', () => session.add(face, called, consent))
    if (done) changed(done.notes, done.new ? app.t('{name} is kept', { name: done.name }) : app.t('this photograph of {name} was kept already', { name: done.name }))
    return Boolean(done)
  }
  const remove = async (/** @type {string} */ called) => {
    const done = await doing('remove', 'people', () => session.remove(called))
    if (done) changed(done.notes, app.t('{name} is removed', { name: done.name }))
    else change({ version: now().version + 1 })
  }
  const save = async () => {
    const done = await doing('export', 'people', session.export)
    if (!done) return
    download(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (done.bytes[0])], { type: 'application/json' }), 'faces.json')
    tellWith(app.t('faces.json is saved'), done.facts.notes)
  }

  /** @param {FaceSlice} slice @returns {FaceContext} */
  const contextOf = (slice) => {
    const photo = session.photograph(slice.shown)
    const found = photo && session.find(photo)
    const who = photo && found?.value?.faces.length ? session.who(photo, slice.version) : null
    const face = found?.value?.faces[slice.face] ?? null
    return { app, slice, session, change, photo, found, who, people: session.people(slice.version), face, take, name, remove, save }
  }

  const step = (/** @type {-1 | 1} */ by) => {
    const slice = now()
    const last = (contextOf(slice).found?.value?.faces.length ?? 1) - 1
    change({ face: Math.min(Math.max(slice.face + by, 0), Math.max(last, 0)), one: null, two: null, refused: null })
  }
  const stopFiles = takeFiles(el, app, 'faces', take)
  const resized = new ResizeObserver(() => app.store.state.tab === 'faces' && change({ tick: now().tick + 1 }))
  resized.observe(stage)

  return {
    draw({ faces: slice }) {
      if (app.host.kind === 'alone') return render(alone(app), stage)
      const context = contextOf(slice)
      render(photographs(context), recipe)
      render(context.photo ? [photographView(context), nearView(context)] : invitation(context), stage)
      render([answerView(context), peopleView(context), cardView(context)], explain)
      const look = lookOf(el)
      for (const part of [recipe, stage]) paintPhotographs(part, painter, context)
      paintChips(stage, painter, context)
      paintLayers(stage, painter, context, look.theme)
      paintStrips(stage, pairShown(context), look)
      const news = context.photo === told ? '' : newsOf(context)
      if (news) app.tell(news)
      told = news ? context.photo : told
    },
    keys: {
      '[': () => step(-1),
      ']': () => step(1),
    },
    help: [['[ ]', app.t('the face before, the face after')]],
    hide() {},
    show() {},
    destroy() {
      stopFiles()
      resized.disconnect()
      session.questions.close()
      painter.destroy()
    },
  }
}

/** The photographs of this visit. @param {FaceContext} context */
function photographs(context) {
  const { app, session, slice, change } = context
  const { t } = app
  const held = session.photographs()
  return html`
    <h2>${t('Photographs')}</h2>
    <p>${fileButton(context, t('Open a photograph'))}</p>
    <p class="hint">${t('Or drop or paste it anywhere here. It stays in the memory of this page until you close it.')}</p>
    <ul class="held">
      ${held.map(
        ({ id, title, height, width }) => html`<li>
          <button aria-current=${id === slice.shown} @click=${() => change({ shown: id, face: 0, one: null, two: null, refused: null })}>
            <canvas data-photo=${id} width=${Math.round((96 * width) / Math.max(height, width))} height=${Math.round((96 * height) / Math.max(height, width))} aria-hidden="true"></canvas>
            <span>${title}</span>
          </button>
        </li>`,
      )}
    </ul>
  `
}

/** What a screen reader hears of a photograph when faces and names have come. @param {FaceContext} context */
function newsOf(context) {
  const { app, photo, found, who } = context
  if (!photo || !found?.value || who?.state === 'asking') return ''
  const count = `${photo.title}${app.t(': ')}${counted(context, found.value.faces.length)}`
  const known = who?.value?.faces ?? []
  const told = known.length === 1 ? known : known.filter(({ answer }) => answer === 'name')
  return told.length ? `${count}${app.t(': ')}${told.map((each) => answered(context, each)).join(app.t(', '))}` : count
}

/** @param {App} app */
const alone = ({ t }) => html`<div class="invitation">
  <h2>${t('Faces need Python')}</h2>
  <p>${t('This page was opened from disk. On a machine with Kaiyan, run:')}</p>
  <pre>pip install 'kaiyan[faces,studio]'
kaiyan studio</pre>
</div>`
