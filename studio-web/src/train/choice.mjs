import { html, nothing } from 'lit-html'
import { later } from '../app/later.mjs'
import { LESSONS } from './lessons.mjs'

/** @typedef {import('../types').App} App @typedef {import('./lessons.mjs').Lesson} Lesson @typedef {import('./lessons.mjs').Shown} Shown */

/** Which lesson is open. @param {App} app @param {string} open @param {(lesson: string) => void} choose */
export const choice = ({ t }, open, choose) => html`
  <div class="lessons" role="group" aria-label=${t('What is trained')}>
    ${LESSONS.map(({ name, title }) => html`<button class="quiet" aria-pressed=${name === open} @click=${() => choose(name)}>${t(title)}</button>`)}
  </div>
`

/** The lessons that are brought when they are asked for: what one shows, and what stands in its place until it is here.
 * @param {App} app */
export function createBrought(app) {
  const fetched = new Map(LESSONS.flatMap(({ name, bring }) => (bring ? [[name, later(app, bring)]] : [])))
  /** @type {Map<string, Shown>} */
  const shown = new Map()
  /** @type {string | null} */
  let open = null

  /** @param {string} name */
  const shownOf = (name) => {
    const make = app.host.kind === 'alone' ? null : fetched.get(name)?.now()
    if (make && !shown.has(name)) shown.set(name, make(app))
    return shown.get(name) ?? null
  }
  /** Exactly one lesson is seen, or none. @param {string | null} name */
  const turn = (name) => {
    if (name === open) return
    if (open) shown.get(open)?.close()
    open = name
    if (open) shown.get(open)?.open()
  }

  return {
    /** The three panes of a lesson. @param {string} name */
    views(name) {
      const lesson = shownOf(name)
      turn(lesson ? name : null)
      if (lesson) return { recipe: lesson.recipe?.() ?? nothing, stage: lesson.view(), explain: lesson.explain?.() ?? nothing }
      return { recipe: nothing, stage: app.host.kind === 'alone' ? needsPython(app) : fetched.get(name)?.view(), explain: nothing }
    },
    keys: () => (open && shown.get(open)?.keys) || {},
    close: () => turn(null),
  }
}

/** @param {App} app */
const needsPython = ({ t }) => html`<div class="alone">
  <p>${t('This network is trained by Python, and this page was opened from disk without it. On a machine with Kaiyan, run:')}</p>
  <pre>kaiyan studio</pre>
</div>`
