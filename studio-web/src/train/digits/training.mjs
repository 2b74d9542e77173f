import { refusalOf } from '../../host/refusal.mjs'
import { extended, gone, inParts } from './history.mjs'

/** @typedef {import('../../types').App} App @typedef {import('./history.mjs').Standing} Standing
 * @typedef {{ seed: number, rate: number, momentum: number, batch: number, width: number }} Settings
 * @typedef {{ settings: Settings, parameters: number, learned: number, held: number, epoch: number, shown: number[], pictures: Uint8Array }} Told
 * @typedef {{ now: Float32Array, start: Float32Array, shares: Float32Array }} Numbers */

/** @type {Settings} */
const START = { seed: 0, rate: 0.02, momentum: 0.9, batch: 32, width: 8 }
/** Steps that one question may ask for. */
const MOST_STEPS = 500
/** How far it plays by itself. */
const EPOCHS = 20

/** A training in Python, as the page sees it.
 * @param {App} app @param {() => void} changed what is to be drawn anew, or read anew */
export function createTraining(app, changed) {
  const state = {
    settings: START,
    /** Steps of one question. */
    pace: 1,
    isPlaying: false,
    isAsking: false,
    told: /** @type {Told | null} */ (null),
    standing: /** @type {Standing | null} */ (null),
    numbers: /** @type {Numbers | null} */ (null),
    points: /** @type {Standing[]} */ ([]),
    refusal: /** @type {import('../../types').Refusal | null} */ (null),
  }
  /** @type {import('./history.mjs').Stretch[]} */
  let stretches = []
  /** The run that is asked about: answers of one before it are not shown. */
  let run = 0
  let plays = 0

  const hear = (/** @type {Standing} */ standing, /** @type {Uint8Array[]} */ parts) => {
    const [now, start, shares] = parts.map(floats)
    Object.assign(state, { standing, numbers: { now, start, shares }, points: extended(state.points, standing), refusal: null })
  }
  const refuse = (/** @type {unknown} */ error) => {
    Object.assign(state, { refusal: refusalOf(error), isPlaying: false })
    app.tell(app.words(/** @type {import('../../types').Refusal} */ (state.refusal).words))
  }
  /** Does what asks, unless something is asked already. @param {() => Promise<void>} work */
  const asking = async (work) => {
    if (state.isAsking) return
    state.isAsking = true
    changed()
    await work().catch(refuse)
    state.isAsking = false
    changed()
  }

  const begin = async () => {
    const own = ++run
    stretches = []
    const { facts, bytes } = await app.host.ask('digits.start', state.settings)
    if (own !== run) return
    state.told = { ...facts, pictures: bytes[3] }
    state.points = []
    hear(facts.standing, bytes)
  }
  /** Where the process that trained is another now, all steps are taken once more: the same seed gives the same bits. */
  const again = async () => {
    await app.host.ask('digits.start', state.told?.settings)
    for (const { steps, ...turned } of inParts(stretches, MOST_STEPS)) await app.host.ask('digits.advance', { steps, ...turned })
  }
  /** @param {string} kind @param {object} facts @param {Uint8Array[]} [bytes] */
  const ask = async (kind, facts, bytes) => {
    try {
      return await app.host.ask(kind, facts, bytes)
    } catch (error) {
      if (!state.told || /** @type {any} */ (error).refusal?.code !== 'digits-none-begun') throw error
      await again()
      return app.host.ask(kind, facts, bytes)
    }
  }
  const advance = async () => {
    const own = run
    const { rate, momentum } = state.settings
    const turned = { steps: state.pace, rate, momentum }
    const { facts, bytes } = await ask('digits.advance', turned)
    if (own !== run) return
    stretches = gone(stretches, turned)
    hear(facts, bytes)
  }
  const playOn = async () => {
    const own = ++plays
    const end = (Math.floor((state.standing?.epoch ?? 0) / EPOCHS) + 1) * EPOCHS
    while (state.isPlaying && own === plays) {
      await asking(advance)
      await new Promise(requestAnimationFrame)
      if ((state.standing?.epoch ?? 0) >= end) pause()
    }
  }
  const play = () => {
    if (state.isPlaying || !state.told) return
    state.isPlaying = true
    void playOn()
  }
  const pause = () => {
    state.isPlaying = false
    changed()
  }

  return {
    state,
    ask,
    play,
    pause,
    step: () => (pause(), asking(advance)),
    /** @param {Partial<Settings>} changes learning rate and momentum hold from the next step on, all others begin anew */
    set(changes) {
      state.settings = { ...state.settings, ...changes }
      if ('rate' in changes || 'momentum' in changes) changed()
      else void this.restart()
    },
    /** @param {number} pace */
    hurry(pace) {
      state.pace = pace
      changed()
    },
    async restart() {
      const wasPlaying = state.isPlaying
      state.isPlaying = false
      while (state.isAsking) await new Promise(requestAnimationFrame)
      await asking(begin)
      if (wasPlaying) play()
    },
  }
}

/** Little-endian numbers of four bytes. @param {Uint8Array} bytes */
export const floats = (bytes) => new Float32Array(bytes.slice().buffer)
