/** Questions to Python by name: each is asked once for what it depends on, the former one is given up. */

/** @typedef {import('../types').Refusal} Refusal */
/** @template Value @typedef {import('./types').Task<Value>} Task */

/** @param {() => void} changed called when an answer, a refusal or a cancellation came */
export function createQuestions(changed) {
  /** @type {Map<string, { task: Task<any>, control: AbortController }>} */
  const asked = new Map()

  /** @param {string} name @param {string} key @param {(signal: AbortSignal) => Promise<any>} ask */
  const start = async (name, key, ask) => {
    const control = new AbortController()
    /** @type {Task<any>} */
    const task = { key, state: 'asking', value: null, refusal: null, since: performance.now() }
    asked.set(name, { task, control })
    try {
      task.value = await ask(control.signal)
      task.state = 'here'
    } catch (error) {
      task.state = control.signal.aborted ? 'cancelled' : 'failed'
      task.refusal = task.state === 'failed' ? refusalOf(error) : null
    }
    if (asked.get(name)?.task === task) changed()
  }

  return {
    /** The question of a name for a key; asks where that was not asked yet.
     * @template Value @param {string} name @param {string} key @param {(signal: AbortSignal) => Promise<Value>} ask
     * @returns {Task<Value>} */
    of(name, key, ask) {
      const before = asked.get(name)
      if (before?.task.key === key) return before.task
      before?.control.abort()
      void start(name, key, ask)
      return /** @type {{ task: Task<Value> }} */ (asked.get(name)).task
    },
    /** Gives up what is asked.
     * @param {string} name */
    cancel: (name) => asked.get(name)?.control.abort(),
    /** Forgets what failed or was given up (or all), so that it is asked again.
     * @param {(name: string, task: Task<any>) => boolean} [which] */
    forget(which = (_, { state }) => state === 'failed' || state === 'cancelled') {
      for (const [name, { task, control }] of [...asked]) {
        if (!which(name, task)) continue
        control.abort()
        asked.delete(name)
      }
      changed()
    },
    /** Gives up all that is asked, and hears of nothing any more. */
    close() {
      const controls = [...asked.values()].map(({ control }) => control)
      asked.clear()
      for (const control of controls) control.abort()
    },
    /** Whether the connection was lost by a question. */
    isLost: () => [...asked.values()].some(({ task }) => task.refusal?.code === 'connection-lost'),
  }
}

/** @param {unknown} error @returns {Refusal} */
export function refusalOf(error) {
  const known = /** @type {{ refusal?: Refusal }} */ (error)?.refusal
  if (known) return known
  const text = error instanceof Error ? error.message : String(error)
  return { code: 'page-fails', words: { en: text, zh: text }, ways: [] }
}
