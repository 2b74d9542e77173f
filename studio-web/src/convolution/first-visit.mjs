import { html, nothing } from 'lit-html'
import { recall, remember } from '../app/memory.mjs'
import { writeRecipe } from '../core/spell.mjs'
import { layered } from './changes.mjs'
import { say } from './say.mjs'
import { isHalvedApart } from './halved.mjs'
import { taps } from './weights.mjs'

/** @typedef {import('../types').App} App @typedef {import('./slice.mjs').Slice} Slice
 * @typedef {(slice: Slice, pictures: App['pictures']) => boolean} Claim
 * @typedef {{ text: string, verb?: string, act?: (app: App) => void, follows?: Claim, holds?: Claim }} Step
 * `follows`: what was done before it; `holds`: of what it is true, and where alone it is said */

const PLACE = 'kaiyan-first'

const isOfNine = (/** @type {Slice} */ { conv }) => taps(conv) === 9

/** What is said to someone who is here for the first time, one sentence at a time; each follows on something done.
 * @type {Step[]} */
export const STEPS = [
  { text: say('A kernel is nine numbers. Change one.'), holds: isOfNine },
  {
    text: say('The whole output changed: every output uses the same nine numbers. Now let the window take larger steps.'),
    verb: say('Set stride=2'),
    act: ({ store }) => store.change('convolution', strided(store.state.convolution)),
    follows: (slice) => slice.kernel === 'own' && isOfNine(slice),
    holds: (slice) => slice.kernel === 'own' && isOfNine(slice) && slice.conv.axes.every(({ stride }) => stride === 1),
  },
  {
    text: say('Half the size. At stride 2, padding=1 and \'same\' give outputs of the same size, but with different numbers.'),
    verb: say('See the one-pixel lie'),
    act: ({ store }) => store.change('convolution', { guide: 'one-pixel' }),
    follows: isHalvedApart,
    holds: isHalvedApart,
  },
  {
    text: say('That was one layer. A network has dozens of them, with kernels that it has learned.'),
    verb: say('See what a network sees'),
    act: (app) => app.open('network'),
    follows: ({ guide }) => guide !== null,
  },
]

/** @param {Slice} slice @returns {Partial<Slice>} */
function strided(slice) {
  const conv = { ...slice.conv, axes: slice.conv.axes.map((axis) => ({ ...axis, stride: 2 })) }
  return { ...layered(slice, conv), recipe: writeRecipe(conv) }
}

/** The sentence of a first visit; closed for good where the browser remembers. A notebook has none.
 * @param {App} app @returns {{ view(slice: Slice): import('../types').View, isNew(slice: Slice): boolean }} */
export function firstVisit(app) {
  const isQuiet = app.host.kind === 'notebook'
  let { at, closed } = isQuiet ? { at: STEPS.length, closed: true } : remembered()
  const close = () => {
    closed = true
    remember(PLACE, { at, closed })
    app.store.change('convolution', {})
  }
  const view = (/** @type {Slice} */ slice) => {
    if (STEPS[at + 1]?.follows?.(slice, app.pictures)) {
      at += 1
      closed = false
      remember(PLACE, { at, closed })
    }
    const step = STEPS[at]
    if (!step || closed || step.holds?.(slice, app.pictures) === false) return nothing
    const act = () => {
      step.act?.(app)
      if (at === STEPS.length - 1) close()
    }
    return html`
      <aside class="first" aria-label=${app.t('First steps')}>
        <p>${app.t(step.text)}</p>
        ${step.verb ? html`<button @click=${act}>${app.t(step.verb)}</button>` : nothing}
        <button class="quiet" @click=${close}>${app.t('Got it')}</button>
      </aside>
    `
  }
  return { view, isNew: (/** @type {Slice} */ slice) => at === 0 && !closed && isOfNine(slice) }
}

/** @returns {{ at: number, closed: boolean }} */
function remembered() {
  const { at, closed } = /** @type {any} */ (recall(PLACE) ?? {})
  return { at: Number.isInteger(at) && at >= 0 ? at : 0, closed: closed === true }
}
