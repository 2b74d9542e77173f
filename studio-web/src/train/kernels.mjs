import { takeFiles } from '../app/files.mjs'
import { inputOf } from '../convolution/input.mjs'
import { readPhotograph } from '../convolution/photograph.mjs'
import { START as CONVOLUTION } from '../convolution/slice.mjs'
import { bench } from './bench.mjs'
import { explanation } from './explain.mjs'
import { createLearner } from './learner.mjs'
import { createLoop } from './loop.mjs'
import { problemOf } from './problem.mjs'
import { settings } from './settings.mjs'
import { wishOf } from './wishes.mjs'

/** One kernel, or two in a row, that learn on a picture.
 * @typedef {import('../types').App} App @typedef {import('./slice.mjs').Slice} Slice
 * @typedef {{ slice: Slice, problem: import('./problem.mjs').Problem, picture: import('../core/learning.mjs').Plane,
 *   facts: import('./learner.mjs').Facts, before: [number, number][], playing: boolean, brush: number | null, cursor: number | null }} Scene
 * `before` is the curve of the run before this one; `brush` what a hand paints: 1 the brightest, −1 the darkest, 0 as it
 * was; null: a hand paints nothing */

/** Rows and columns of the picture, at most: a step must fit between two frames. */
const LARGEST = 64
/** Milliseconds between two readings of the side panes while kernels move. */
const EVERY = 200

/** @param {HTMLElement} el @param {App} app */
export function createKernels(el, app) {
  const { store } = app
  const change = (/** @type {Partial<Slice>} */ changes) => store.change('train', changes)
  const now = () => /** @type {Slice} */ (store.state.train)
  /** @type {import('./problem.mjs').Painted} */
  let painted = new Map()
  let paintings = 0
  let set = /** @type {{ picture: import('../core/learning.mjs').Plane, problem: import('./problem.mjs').Problem, key: string } | null} */ (null)
  /** @type {import('./learner.mjs').Learner | null} */
  let learner = null
  let run = ''
  /** @type {[number, number][]} */
  let before = []
  const own = { brush: /** @type {number | null} */ (null), cursor: /** @type {number | null} */ (null), moves: !matchMedia('(prefers-reduced-motion: reduce)').matches, asked: 0, told: '' }
  const isPlaying = () => now().playing && own.moves && !learner?.facts().rest

  const loop = createLoop(() => {
    learner?.step()
    return isPlaying()
  }, () => change({}))

  /** The problem that is set, made anew where what it depends on has changed. @param {Slice} slice */
  const posed = (slice) => {
    const look = store.state.convolution
    const picture = inputOf(app.pictures, { ...look, conv: CONVOLUTION.conv, side: Math.min(look.side, LARGEST) })
    if (!picture) return null
    const key = JSON.stringify([look.picture, look.side, look.crop, look.shift, slice.lesson, slice.size, slice.wish, slice.target, slice.noise, slice.noise ? slice.seed : 0, paintings])
    if (set?.key === key) return set
    const plane = { data: picture.data.map((value) => value / 255), height: picture.shape[1], width: picture.shape[2] }
    set = { picture: plane, problem: problemOf(plane, slice, painted), key }
    return set
  }

  const again = () => {
    run = ''
    change({})
  }

  /** @param {Slice} slice @param {NonNullable<typeof set>} task */
  const learn = (slice, task) => {
    const wanted = JSON.stringify([slice.lesson, slice.size, slice.seed, own.asked])
    if (learner) learner.turn(task.problem, slice)
    if (learner && wanted === run) return learner
    if (learner) before = learner.facts().steps > 1 && JSON.parse(run || '[]')[0] === slice.lesson ? learner.facts().curve : before
    run = wanted
    learner = createLearner(task.problem, slice)
    return learner
  }

  /** @returns {Scene | null} */
  const scene = () => {
    const slice = now()
    const task = posed(slice)
    if (!task) return null
    const facts = learn(slice, task).facts()
    return { slice, problem: task.problem, picture: task.picture, facts, before, playing: isPlaying(), brush: own.brush, cursor: own.cursor }
  }

  const on = {
    change: (/** @type {Partial<Slice>} */ changes) => {
      if (learner?.facts().rest === 'diverged') own.asked++
      change(changes)
    },
    play() {
      if (learner?.facts().rest) own.asked++
      const playing = !isPlaying() || Boolean(learner?.facts().rest)
      own.moves = true
      change({ playing })
    },
    step() {
      change({ playing: false })
      learner?.step()
    },
    restart() {
      own.asked++
      again()
    },
    seed: () => change({ seed: (now().seed % 999_999) + 1 }),
    brush(/** @type {number | null} */ brush) {
      own.brush = brush
      change({})
    },
    place: () => own.cursor,
    look(/** @type {number | null} */ cursor) {
      own.cursor = cursor
      change({})
    },
    paint(/** @type {number} */ place, /** @type {number} */ brush) {
      if (!set) return
      const { data, width } = set.problem.wanted
      const high = Math.max(...data.map(Math.abs))
      for (const near of [place, place + 1, place + width, place + width + 1]) {
        if (near >= data.length || (near % width === 0 && near !== place && near !== place + width)) continue
        if (brush) painted.set(near, brush * high)
        else painted.delete(near)
      }
      paintings++
      change({})
    },
    clear() {
      painted = new Map()
      paintings++
      change({})
    },
    isPainted: () => painted.size > 0,
  }

  const stopFiles = takeFiles(el, app, 'train', async (file, title) => (await app.bring(() => import('../convolution/picture-sources.mjs'))).take(app, file, title))
  app.hear('convolution').then(() => change({}), app.refuse)
  readPhotograph(app).then(() => change({}), app.refuse)
  const view = bench(app, on)
  const paced = createPaced()

  return {
    views() {
      const seen = scene()
      if (!seen) return null
      tellEnd(seen)
      const sides = paced(seen.playing, JSON.stringify([seen.slice, own.brush, store.state.lang, store.state.theme, painted.size]), () => ({ recipe: settings(app, seen, on), explain: explanation(app, seen) }))
      return { ...sides, stage: view(seen) }
    },
    open: () => loop.run(isPlaying(), now().pace),
    close: () => loop.run(false, 1),
    keys: { ' ': on.play, '.': on.step, r: on.restart, n: on.seed },
    destroy: stopFiles,
  }

  /** Says once how a run ended. @param {Scene} seen */
  function tellEnd({ facts, slice }) {
    const key = `${run} ${facts.rest}`
    if (key === own.told) return
    own.told = key
    const { t } = app
    if (facts.rest === 'diverged') app.tell(t('It diverged after {n} steps: the learning rate is too large.', { n: facts.steps }))
    else if (facts.rest === 'arrived') app.tell(t('It has come to rest after {n} steps: {wish}', { n: facts.steps, wish: t(wishOf(slice).title) }))
  }
}

/** What is made anew a few times a second, or at once where a key has changed or nothing moves. */
function createPaced() {
  /** @type {{ key: string, time: number, made: any }} */
  let last = { key: '', time: 0, made: null }
  return (/** @type {boolean} */ moves, /** @type {string} */ key, /** @type {() => any} */ make) => {
    const time = performance.now()
    if (!moves || key !== last.key || time - last.time > EVERY) last = { key, time, made: make() }
    return last.made
  }
}

/** @typedef {{ change(changes: Partial<Slice>): void, play(): void, step(): void, restart(): void, seed(): void,
 *   brush(brush: number | null): void, look(cursor: number | null): void, place(): number | null, paint(place: number, brush: number): void,
 *   clear(): void, isPainted(): boolean }} Acts */
