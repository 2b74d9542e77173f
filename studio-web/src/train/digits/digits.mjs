import { html, nothing } from 'lit-html'
import { controls } from './controls.mjs'
import { createField } from './field.mjs'
import { acting, curves, growing } from './growth.mjs'
import { createMistakes } from './mistakes.mjs'
import { answer, maps } from './reading.mjs'
import { createSubject } from './subject.mjs'
import { createTraining } from './training.mjs'

/** From this width on the three panes stand beside one another. */
const BESIDE = 1280

/** A LeNet learns handwritten digits: its first kernels grow, and it reads what one draws.
 * @param {import('../../types').App} app */
export function digits(app) {
  let open = -1
  let isSeen = false
  let wasPlaying = !globalThis.matchMedia?.('(prefers-reduced-motion: reduce)').matches
  let step = -1
  /** Where the panes stand below one another, what grows above the field would move it from under the hand. */
  const isWide = () => app.root.clientWidth >= BESIDE
  const redraw = () => app.store.change('train', {})
  const training = createTraining(app, () => {
    redraw()
    const now = training.state.standing?.step ?? -1
    if (now === step) return
    step = now
    void subject.read()
    void mistakes.ask()
  })
  const subject = createSubject(training, redraw)
  const field = createField(app, subject)
  const mistakes = createMistakes(app, training, subject)
  const choose = (/** @type {number} */ kernel) => {
    open = kernel
    redraw()
  }

  /** Nothing happens before the network is there. @param {() => void} act */
  const whenTold = (act) => () => void (training.state.told && act())

  return {
    keys: {
      ' ': whenTold(() => (training.state.isPlaying ? training.pause() : training.play())),
      '.': whenTold(() => void training.step()),
      r: whenTold(() => void training.restart()),
    },
    recipe: () => controls(app, training, subject),
    view: () => html`
      <div class="growth">
        ${acting(app, training)} ${growing(app, training, open, choose)} ${curves(app, training)} ${isWide() ? maps(app, subject) : nothing} ${mistakes.view()}
      </div>
    `,
    explain: () => html`<h2>${app.t('Draw a digit yourself')}</h2>${field.view()}${answer(app, subject)}${isWide() ? nothing : maps(app, subject)}`,
    async open() {
      isSeen = true
      if (!training.state.told) await training.restart()
      if (isSeen && wasPlaying) training.play()
    },
    close() {
      isSeen = false
      if (training.state.told) wasPlaying = training.state.isPlaying
      training.pause()
    },
  }
}
