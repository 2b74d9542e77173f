import { gone, Refused } from './refusal.mjs'
import { together } from './together.mjs'
import { whileWanted } from './wanted.mjs'

/** @typedef {import('../types').Reply} Reply @typedef {import('../types').Connection} Connection */

/** Milliseconds without an answer after which it is said that the kernel is busy. */
const QUIET = 10_000

/** A notebook's kernel, through anywidget's model. It answers when no cell is running.
 * @param {any} model @returns {import('../types').Host} */
export function notebook(model) {
  const line = questions(model)
  return {
    kind: 'notebook',
    boot: { ...model.get('_boot'), ...words(model.get('_shared')) },
    ask: line.ask,
    onConnection: line.listen,
    shared: () => ({ ...model.get('_shared'), window: model.get('_window') }),
    share(shared, window) {
      if (shared) model.set('_shared', shared)
      if (window) model.set('_window', window)
      model.save_changes()
    },
    onShare(listener) {
      model.on('change:_shared', listener)
      model.on('change:_window', listener)
      return () => {
        model.off('change:_shared', listener)
        model.off('change:_window', listener)
      }
    },
    join: together,
    close: line.close,
  }
}

/** What Python has set, without what it leaves to the page. @param {Record<string, any>} shared */
const words = ({ tab, lang, theme }) =>
  Object.fromEntries(Object.entries({ tab, lang, theme }).filter(([, value]) => value !== null && value !== undefined))

/** Questions to Python and their answers, each by its number; and how the kernel fares.
 * @param {any} model */
function questions(model) {
  const view = Math.random().toString(36).slice(2)
  let last = 0
  /** @type {Map<string, { resolve: (reply: Reply) => void, reject: (error: Error) => void }>} */
  const open = new Map()
  /** @type {Set<(state: Connection) => void>} */
  const listeners = new Set()
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let quiet

  /** @type {Connection} */
  let state = null
  const tell = (/** @type {Connection} */ next) => {
    if (next === state) return
    state = next
    listeners.forEach((listener) => listener(next))
  }

  const wait = () => {
    clearTimeout(quiet)
    quiet = open.size ? setTimeout(() => tell('busy'), QUIET) : undefined
  }

  const rejectAll = () => {
    for (const { reject } of open.values()) reject(gone())
    open.clear()
    wait()
  }

  const leave = (/** @type {string} */ ask) => {
    if (!open.delete(ask)) return
    wait()
    if (!open.size && state === 'busy') tell(null)
  }

  const answered = (/** @type {any} */ message, /** @type {DataView[]} */ buffers) => {
    if (!String(message?.ask).startsWith(`${view} `)) return
    tell(null)
    const asked = open.get(message.ask)
    if (!asked) return
    open.delete(message.ask)
    wait()
    const bytes = [...(buffers ?? [])].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
    if (message.facts.refusal) asked.reject(new Refused(message.facts.refusal))
    else asked.resolve({ facts: message.facts, bytes })
  }

  const cutOff = () => {
    rejectAll()
    tell('gone')
  }

  const send = (/** @type {string} */ ask, /** @type {object} */ facts, /** @type {Uint8Array[]} */ bytes) => {
    const buffers = bytes.map((part) => part.slice().buffer)
    try {
      model.send({ ask, facts }, undefined, buffers)
    } catch {
      cutOff()
    }
  }

  model.on('msg:custom', answered)
  model.on('comm_live_update', cutOff)

  return {
    /** Gives what ends the listening. @param {(state: Connection) => void} listener */
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** @type {import('../types').Host['ask']} */
    async ask(kind, facts = {}, bytes = [], signal) {
      signal?.throwIfAborted()
      const ask = `${view} ${++last}`
      const answer = new Promise((resolve, reject) => open.set(ask, { resolve, reject }))
      if (open.size === 1) wait()
      send(ask, { kind, ...facts }, bytes)
      return whileWanted(answer, signal).finally(() => leave(ask))
    },
    close() {
      model.off('msg:custom', answered)
      model.off('comm_live_update', cutOff)
      rejectAll()
    },
  }
}
