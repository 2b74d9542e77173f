import { render } from 'lit-html'
import { panes } from '../app/panes.mjs'
import { createStage } from '../stage/stage.mjs'
import { explain } from './explain/explain.mjs'
import { modelOf } from './model.mjs'
import { PHOTOGRAPH, isHeld } from './pictures.mjs'
import { readPhotograph } from './reading.mjs'
import { recipePane } from './recipe.mjs'
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
  mount(el, app) {
    const { recipe, stage: middle, explain: right } = panes(el, app)
    const stage = createStage(middle, app)
    /** @type {{ slice: Slice, model: Model } | null} */
    let good = null
    const pane = recipePane(recipe, app, stage)
    const change = (/** @type {Partial<Slice>} */ changes) => app.store.change('convolution', changes)
    bringPhotograph(app, change)
    return {
      draw(state) {
        const slice = /** @type {Slice} */ (state.convolution)
        const model = modelOf(slice)
        if (model) good = { slice, model }
        pane.draw(slice, model)
        if (!good) return
        const seen = model ? slice : { ...slice, conv: good.slice.conv, out: good.slice.out, channel: good.slice.channel, place: good.slice.place }
        stage.draw(viewOf(app, seen, good.model))
        render(explain(app, seen, good.model), right)
        if (model && !model.isReady) requestAnimationFrame(() => change({}))
      },
      keys: { ...stage.keys, ...pane.keys },
      help: [...stage.help, ...pane.help],
      hide: stage.hide,
      show: stage.show,
      destroy() {
        pane.destroy()
        stage.destroy()
      },
    }
  },
}

/** The photograph comes once; where it does not, a picture that is drawn stands in.
 * @param {import('../types').App} app @param {(changes: Partial<Slice>) => void} change */
async function bringPhotograph(app, change) {
  const { boot } = app.host
  const isGiven = boot.name !== undefined && boot.name !== 'astronaut'
  try {
    if (!isHeld(PHOTOGRAPH)) await readPhotograph(boot.photograph, PHOTOGRAPH, boot.name ?? 'astronaut')
    change(isGiven && app.store.state.convolution.crop === START.crop ? { crop: null } : {})
  } catch (error) {
    app.refuse(error)
    change({ picture: 'edge', crop: null })
  }
}
