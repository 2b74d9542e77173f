import { Refused } from './refusal.mjs'

/** @typedef {import('../types').Reply} Reply */

/** A notebook's kernel, through anywidget's model. It answers when no cell is running.
 * @param {any} model @returns {import('../types').Host} */
export function notebook(model) {
  const line = questions(model)
  return {
    kind: 'notebook',
    boot: { ...model.get('_boot'), ...words(model.get('_shared')) },
    ask: line.ask,
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
    close: line.close,
  }
}

/** What Python has set, without what it leaves to the page. @param {Record<string, any>} shared */
const words = ({ tab, lang, theme }) =>
  Object.fromEntries(Object.entries({ tab, lang, theme }).filter(([, value]) => value !== null && value !== undefined))

/** Questions to Python and their answers, each by its number.
 * @param {any} model */
function questions(model) {
  const view = Math.random().toString(36).slice(2)
  let last = 0
  /** @type {Map<string, { resolve: (reply: Reply) => void, reject: (error: Error) => void }>} */
  const open = new Map()

  const answered = (/** @type {any} */ message, /** @type {DataView[]} */ buffers) => {
    const asked = open.get(message?.ask)
    if (!asked) return
    open.delete(message.ask)
    const bytes = [...(buffers ?? [])].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
    if (message.facts.refusal) asked.reject(new Refused(message.facts.refusal))
    else asked.resolve({ facts: message.facts, bytes })
  }
  model.on('msg:custom', answered)

  return {
    /** @type {import('../types').Host['ask']} */
    ask(kind, facts = {}, bytes = [], signal) {
      const ask = `${view} ${++last}`
      return new Promise((resolve, reject) => {
        open.set(ask, { resolve, reject })
        signal?.addEventListener('abort', () => open.delete(ask) && reject(signal.reason), { once: true })
        const buffers = bytes.map((part) => part.slice().buffer)
        model.send({ ask, facts: { kind, ...facts } }, undefined, buffers)
      })
    },
    close() {
      model.off('msg:custom', answered)
      open.clear()
    },
  }
}
