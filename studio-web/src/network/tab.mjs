import { html, nothing, render } from 'lit-html'
import { takeFiles } from '../app/files.mjs'
import { panes } from '../app/panes.mjs'
import { readPhotograph } from '../convolution/photograph.mjs'
import { readPicture } from '../convolution/reading.mjs'
import { lookOf } from '../stage/look.mjs'
import { networkChooser, pictureChooser, refusalView, waiting } from './choose.mjs'
import { canvasOf, createPainter, pen } from './drawing.mjs'
import { drawExplain, parts } from './explain.mjs'
import { fieldOf } from './fields.mjs'
import { followFocus } from './focus.mjs'
import { keysOf, HELP } from './keys.mjs'
import { layerList } from './list.mjs'
import { pixelOf } from './moves.mjs'
import { PHOTOGRAPH, pictureCalled } from './pictures.mjs'
import { refusalOf } from './questions.mjs'
import { bringIntoView } from './scrolling.mjs'
import { createSession } from './session.mjs'
import { createStageView } from './stageview.mjs'
import { createWalk } from './walk.mjs'

/** What a real network sees in one's own picture. */

/** @typedef {import('../types').App} App @typedef {import('./types').Slice} Slice @typedef {import('./context').Context} Context */

/** @param {HTMLElement} el @param {App} app @returns {import('../types').MountedTab} */
export function mount(el, app) {
  const { recipe, stage, explain } = panes(el, app, { recipe: 'Network and picture' })
  const waits = stage.appendChild(document.createElement('div'))
  const view = stage.appendChild(document.createElement('div'))
  waits.className = 'waits'
  view.className = 'view'
  const change = (/** @type {Partial<Slice>} */ changes) => app.store.change('network', changes)
  const changed = () => change({ tick: app.store.state.network.tick + 1 })
  const session = createSession(app, (name) => pictureCalled(app, name), changed)
  const painter = createPainter()
  const stageView = createStageView(view, app, painter)
  /** @type {Pick<Slice, 'picture' | 'second'>} */
  let shown = { picture: PHOTOGRAPH, second: null }
  /** @type {number | null} */
  let listedLayer = null
  const walk = createWalk(() => context, change)
  /** @type {Context | null} */
  let context = null
  /** @type {Context['fileErrors']} */
  const fileErrors = { picture: null, second: null }

  const file = async (/** @type {'picture' | 'second'} */ which, /** @type {Blob} */ blob, /** @type {string} */ title) => {
    fileErrors[which] = null
    try {
      change({ [which]: (await readPicture(app, blob, title)).name })
    } catch (error) {
      fileErrors[which] = refusalOf(error)
      changed()
    }
  }
  const open = (/** @type {string} */ name) => change({ name, layer: null, channel: null, place: null, walking: false, shift: [0, 0], word: null })

  /** A link names no pictures: those that were shown stay.
   * @param {Slice} slice @returns {Slice} */
  const withPictures = (slice) => {
    shown = { picture: slice.picture ?? shown.picture, second: slice.second ?? shown.second }
    return { ...slice, ...shown }
  }

  /** @param {import('../types').State} state */
  const draw = (state) => {
    const goOn = followFocus(el, () => stageView.focus())
    const slice = withPictures(state.network)
    const seen = session.see(slice)
    const { network: opened, look } = seen
    context = opened && look ? contextOf(slice, seen, opened, look) : null
    render(
      html`
        ${networkChooser(app, seen, open)}
        ${pictureChooser(app, slice, 'picture', { choose: (picture) => change({ picture }), file: (blob, title) => file('picture', blob, title), error: fileErrors.picture })}
        ${opened ? layerList(app, opened, look, context?.pixel?.layer ?? null, (layer) => change({ layer, channel: null, place: null })) : nothing}
      `,
      recipe,
    )
    parts(recipe)
    const layer = context?.pixel?.layer ?? null
    if (layer !== listedLayer) bringIntoView(/** @type {HTMLElement} */ (recipe.parentElement), recipe.querySelector('.layer[aria-current="true"]'))
    listedLayer = layer
    render(waitView(seen), waits)
    preview(waits, slice)
    view.hidden = !context
    if (!context) return render(nothing, explain)
    stageView.draw(context)
    drawExplain(explain, context)
    walk.follow(slice.walking)
    goOn()
  }

  /** @param {Slice} slice @param {import('./session.mjs').Seen} seen @param {import('./types').Opened} opened @param {import('./types').Look} look @returns {Context} */
  function contextOf(slice, seen, opened, look) {
    const edges = seen.fields?.value ?? null
    return {
      app, slice, session, seen, network: opened, look,
      other: seen.looks[1]?.value ?? null,
      pixel: pixelOf(slice, look),
      theme: lookOf(el),
      change, file, fileErrors,
      edgesOf: (layer) => edges?.[layer] ?? null,
      fieldOf: (pixel) => (edges?.[pixel.layer] ? fieldOf(edges[pixel.layer], look.maps[pixel.layer].height, pixel) : null),
    }
  }

  /** What was drawn last with what the state says now: two keys within a frame are two moves. */
  function said() {
    const slice = app.store.state.network
    return context && { ...context, slice, pixel: pixelOf(slice, context.look) }
  }

  /** @param {import('./session.mjs').Seen} seen */
  function waitView({ listed, opened, looks, fields, name }) {
    const { t } = app
    const again = () => session.questions.forget()
    const stages = /** @type {const} */ ([
      ['list', listed, t('Listing the networks…')],
      ['open', opened, t('Opening {name}: a first run counts its layers…', { name: name ?? '' })],
      ['look 0', looks[0], t('The network looks at the picture…')],
      ['fields', fields, ''],
    ])
    for (const [kind, task, text] of stages) {
      if (!task || task.state === 'here') continue
      if (task.refusal) return refusalView(app, task.refusal, app.host.kind === 'alone' ? null : again)
      if (task.state === 'cancelled') return html`<p class="waiting">${t('Stopped.')} <button @click=${again}>${t('Try again')}</button></p>`
      return text ? waiting(app, text, () => session.questions.cancel(kind)) : nothing
    }
    return nothing
  }

  const preview = (/** @type {HTMLElement} */ place, /** @type {Slice} */ slice) => {
    const canvas = /** @type {HTMLCanvasElement | null} */ (place.querySelector('canvas.preview'))
    const picture = pictureCalled(app, slice.picture ?? '')
    if (!canvas || !picture || context) return
    canvas.width = picture.width
    canvas.height = picture.height
    pen(canvas).drawImage(canvasOf(picture.rgb, picture.height, picture.width), 0, 0)
  }

  const stopFiles = takeFiles(el, app, 'network', (blob, title) => file(app.store.state.network.panel === 'compare' ? 'second' : 'picture', blob, title))
  const resized = new ResizeObserver(() => context && app.store.state.tab === 'network' && changed())
  resized.observe(stage)
  readPhotograph(app).then(
    changed,
    (error) => {
      fileErrors.picture = refusalOf(error)
      changed()
    },
  )

  return {
    draw,
    keys: keysOf(said, () => stageView.focus()),
    help: HELP,
    hide: () => walk.follow(false),
    show() {},
    destroy() {
      stopFiles()
      session.questions.close()
      stageView.destroy()
      resized.disconnect()
      painter.destroy()
      walk.follow(false)
    },
  }
}
