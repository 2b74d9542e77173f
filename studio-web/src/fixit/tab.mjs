import { html, render } from 'lit-html'
import { panes } from '../app/panes.mjs'
import { box } from './box.mjs'
import { EXAMPLES } from './examples.mjs'
import { fixes } from './fixes.mjs'
import { flow } from './flow.mjs'
import { applied, START, undone, written } from './slice.mjs'

/** @typedef {import('../types').App} App */

const IDLE = 400

/** Break it, be told, fix it: what is pasted is read by Python, never run.
 * @param {HTMLElement} el @param {App} app @returns {import('../types').MountedTab} */
export function mount(el, app) {
  const { recipe, stage, explain } = panes(el, app, { recipe: 'Your code or your error', explain: 'Cause and fixes' })
  const change = (/** @type {object} */ changes) => app.store.change('fixit', changes)
  const now = () => app.store.state.fixit
  let asked = ''
  /** @type {AbortController | null} */
  let running = null
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting

  const ask = async () => {
    clearTimeout(waiting)
    const { text, shape } = now()
    asked = keyOf(text, shape)
    running?.abort()
    if (!text.trim()) return change({ answer: null, refusal: null, asking: false })
    const own = (running = new AbortController())
    change({ asking: true })
    try {
      const { facts } = await app.host.ask('diagnose', { text, shape }, [], own.signal)
      if (own !== running) return
      change({ answer: facts, refusal: null, asking: false })
      app.tell(told(app, facts, now().mended))
    } catch (error) {
      if (own !== running) return
      const refusal = /** @type {any} */ (error).refusal
      change({ asking: false, refusal: refusal ?? null })
      if (refusal) app.tell(app.words(refusal.words))
      else app.refuse(error)
    }
  }
  const soon = () => {
    clearTimeout(waiting)
    waiting = setTimeout(ask, IDLE)
  }
  const undo = () => {
    const before = undone(now())
    if (before) change(before)
    return Boolean(before)
  }
  const apply = (/** @type {any} */ fix) => change(applied(now(), fix))
  const applyFirst = () => {
    const first = now().answer?.fixes.find((/** @type {any} */ fix) => fix.outcome === 'works' && (fix.text ?? fix.shape) !== null)
    if (first) apply(first)
  }
  const show = (/** @type {number[]} */ [from = 0, to = 0]) => {
    const area = /** @type {HTMLTextAreaElement | null} */ (recipe.querySelector('textarea'))
    if (!area || to <= from) return
    area.focus()
    area.setSelectionRange(from, to)
    const line = area.value.slice(0, from).split('\n').length - 1
    area.scrollTop = Math.max(0, (line - 3) * parseFloat(getComputedStyle(area).lineHeight))
  }
  const on = {
    write: (/** @type {string} */ text) => change({ text, mended: false }),
    run: ask,
    undo,
    apply,
    show,
    shape: (/** @type {string} */ shape) => change({ shape }),
    example: (/** @type {string} */ name) => change({ ...START, example: name, text: EXAMPLES.find((each) => each.name === name)?.text ?? '', answer: now().answer, asking: now().asking }),
  }
  return {
    draw({ fixit: slice }) {
      if (app.host.kind === 'alone') return render(alone(app), stage)
      if (keyOf(slice.text, slice.shape) !== asked) {
        asked = keyOf(slice.text, slice.shape)
        if (slice.answer && !slice.mended) soon()
        else queueMicrotask(ask)
      }
      render(box(app, slice, on), recipe)
      render(flow(app, slice, on), stage)
      render(fixes(app, slice, on), explain)
    },
    keys: { u: undo, a: applyFirst },
    help: [
      ['A', app.t('apply the first fix that works')],
      ['U', app.t('undo the fix')],
      ['Ctrl Enter', app.t('check at once')],
    ],
    hide() {},
    show() {},
    destroy() {
      clearTimeout(waiting)
      running?.abort()
    },
  }
}

const keyOf = (/** @type {string} */ text, /** @type {string} */ shape) => `${shape}\n${text}`

/** What the eye sees, in a sentence. @param {App} app @param {any} answer @param {boolean} mended */
function told(app, { flow, gate, output, diagnosis, fixes }, mended) {
  const { t } = app
  const works = fixes.filter((/** @type {any} */ fix) => fix.outcome === 'works').length
  if (gate?.kind === 'error') return t('It fails at line {line} after {n} steps: {why}; fixes that work: {works}', { line: gate.line || '–', n: flow.length - 1, why: diagnosis ? app.words(diagnosis.cause) : gate.words, works })
  if (gate) return t('Not understood from line {line} on', { line: gate.line })
  if (diagnosis) return app.words(diagnosis.cause)
  if (!flow.length) return t('No model was found in the text')
  return `${mended ? t('Fixed: the shapes fit to the end') : t('The shapes fit to the end')}: ${output.map(written).join(', ')}`
}

/** @param {App} app */
const alone = ({ t }) => html`<div class="alone">
  <h2>${t('This needs Python')}</h2>
  <p>${t('This page was opened from disk, but reading code needs Python. On a machine with Kaiyan, run:')}</p>
  <pre>kaiyan studio</pre>
</div>`
