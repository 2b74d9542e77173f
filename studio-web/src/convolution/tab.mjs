import { render } from 'lit-html'
import { takeFiles } from '../app/files.mjs'
import { later } from '../app/later.mjs'
import { panes } from '../app/panes.mjs'
import { createStage } from '../stage/stage.mjs'
import { firstVisit } from './first-visit.mjs'
import { createHistory } from './history.mjs'
import { modelOf } from './model.mjs'
import { readPhotograph } from './photograph.mjs'
import { take } from './picture-sources.mjs'
import { say } from './say.mjs'
import { viewOf } from './seen.mjs'
import { START, fromLink, toLink } from './slice.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice @typedef {import('./model.mjs').Model} Model */

/** @type {import('../types').Tab} */
export const convolution = {
  name: 'convolution',
  title: 'Convolution',
  start: START,
  toLink: (slice) => toLink(slice),
  fromLink,
  read: async (unread) => (await import('./linked.mjs')).readLink(new URLSearchParams(unread)),
  mount(el, app) {
    const { recipe: left, stage: middle, explain: right } = panes(el, app)
    const above = part(middle, 'above')
    const stage = createStage(part(middle, 'seen'), app)
    /** @type {{ slice: Slice, model: Model } | null} */
    let good = null
    /** @type {ReturnType<typeof import('./sides.mjs').createSides> | null} */
    let sides = null
    const fetched = later(app, bringSides(app), 'convolution', 'core')
    const first = firstVisit(app)
    /** @type {ReturnType<typeof createHistory> | null} */
    let history = null
    const stops = [takeFiles(el, app, 'convolution', (file, title) => take(app, file, title)), undoKeys(app, () => history)]
    const change = (/** @type {Partial<Slice>} */ changes) => app.store.change('convolution', changes)
    bringPhotograph(app, change)
    return {
      draw(state) {
        const slice = /** @type {Slice} */ (state.convolution)
        if (slice.unread) return
        const model = modelOf(app.pictures, slice)
        history ??= createHistory(app)
        history.seen(slice)
        el.classList.toggle('new', first.isNew(slice))
        render(first.view(slice), above)
        if (model) good = { slice, model }
        if (!good) return
        const seen = model ? slice : { ...slice, conv: good.slice.conv, out: good.slice.out, channel: good.slice.channel, place: good.slice.place }
        stage.draw(viewOf(app, seen, good.model))
        sides ??= fetched.now()?.createSides(app, left, right, stage.drawing) ?? null
        if (sides) sides.draw(slice, model, { slice: seen, model: good.model })
        else render(fetched.view(), left)
        if (model && !model.isReady) requestAnimationFrame(() => change({}))
      },
      keys: stage.keys,
      help: [...stage.help, ...HELP],
      hide: stage.hide,
      show: stage.show,
      destroy() {
        stops.forEach((stop) => stop())
        sides?.destroy()
        stage.destroy()
      },
    }
  },
}

/** @param {import('../types').App} app */
const bringSides = (app) => async () => (await Promise.all([import('./sides.mjs'), app.host.sheet?.('sides')]))[0]

/** @param {HTMLElement} parent @param {string} name */
function part(parent, name) {
  const child = document.createElement('div')
  child.className = name
  parent.append(child)
  return child
}

/** @type {[string, string][]} */
const HELP = [['Ctrl+Z Ctrl+⇧+Z', say('undo or redo a change')]]

/** @param {import('../types').App} app @param {() => ReturnType<typeof createHistory> | null} history null while nothing was seen */
function undoKeys(app, history) {
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || !/^[zy]$/i.test(event.key) || app.store.state.tab !== 'convolution') return
    const target = /** @type {HTMLElement} */ (event.composedPath()[0])
    if (/^(INPUT|TEXTAREA)$/.test(target.tagName) && !/^(range|checkbox)$/.test(/** @type {HTMLInputElement} */ (target).type)) return
    event.preventDefault()
    const again = event.shiftKey || event.key.toLowerCase() === 'y'
    const did = again ? history()?.redo() : history()?.undo()
    app.tell(app.t(did ? (again ? 'Redone.' : 'Undone.') : 'There is nothing to undo or redo.'))
  }
  const outside = (/** @type {KeyboardEvent} */ event) => event.target === document.body && pressed(event)
  app.root.addEventListener('keydown', pressed)
  if (app.host.kind !== 'notebook') document.addEventListener('keydown', outside)
  return () => {
    app.root.removeEventListener('keydown', pressed)
    document.removeEventListener('keydown', outside)
  }
}

/** The photograph comes once; where it does not, a picture that is drawn stands in.
 * @param {import('../types').App} app @param {(changes: Partial<Slice>) => void} change */
async function bringPhotograph(app, change) {
  const { boot } = app.host
  const isGiven = boot.name !== undefined && boot.name !== 'astronaut'
  try {
    await readPhotograph(app)
    change(isGiven && app.store.state.convolution.crop === START.crop ? { crop: null } : {})
  } catch (error) {
    app.refuse(error)
    change({ picture: 'edge', crop: null })
  }
}
