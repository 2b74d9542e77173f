import { render } from 'lit-html'
import { panes } from '../app/panes.mjs'
import { say } from '../core/sentence.mjs'
import { choice, createBrought } from './choice.mjs'
import { createKernels } from './kernels.mjs'
import { lessonCalled } from './lessons.mjs'

/** @type {[string, string][]} */
const HELP = [
  ['Space', say('let it learn, or pause')],
  ['.', say('one step')],
  ['R', say('start over from the same numbers')],
]
/** @type {[string, string][]} */
const KERNEL_HELP = [...HELP, ['N', say('other random numbers')]]

/** What decides a kernel's values: they learn, before one's eyes.
 * @param {HTMLElement} el @param {import('../types').App} app @returns {import('../types').MountedTab} */
export function mount(el, app) {
  const { recipe, stage, explain } = panes(el, app, { recipe: 'What it learns' })
  const top = stage.appendChild(document.createElement('div'))
  const seen = stage.appendChild(document.createElement('div'))
  const kernels = createKernels(el, app)
  const brought = createBrought(app)
  const choose = (/** @type {string} */ lesson) => app.store.change('train', { lesson })
  const isBrought = () => Boolean(lessonCalled(app.store.state.train.lesson).bring)
  let isSeen = true

  /** @param {ReturnType<typeof brought.views>} views */
  const put = (views) => {
    render(views.recipe, recipe)
    render(views.stage, seen)
    render(views.explain, explain)
    for (const [body, view] of /** @type {const} */ ([[recipe, views.recipe], [explain, views.explain]]))
      /** @type {HTMLElement} */ (body.parentElement).classList.toggle('absent', typeof view === 'symbol')
  }

  return {
    draw(state) {
      const lesson = lessonCalled(state.train.lesson)
      if (el.dataset.lesson && el.dataset.lesson !== lesson.name) app.tell('')
      el.dataset.lesson = lesson.name
      render(choice(app, lesson.name, choose), top)
      if (lesson.bring) {
        kernels.close()
        put(brought.views(lesson.name))
        return
      }
      brought.close()
      const views = kernels.views()
      if (views) put(views)
      if (isSeen) kernels.open()
    },
    get keys() {
      return isBrought() ? brought.keys() : kernels.keys
    },
    get help() {
      return isBrought() ? HELP : KERNEL_HELP
    },
    hide() {
      isSeen = false
      kernels.close()
      brought.close()
    },
    show() {
      isSeen = true
    },
    destroy() {
      kernels.close()
      kernels.destroy()
      brought.close()
    },
  }
}
