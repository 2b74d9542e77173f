import { Refused } from './refusal.mjs'

/** A notebook's kernel, through anywidget's model.
 * @param {any} model @returns {import('../types').Host} */
export function notebook(model) {
  let last = 0
  /** @type {Map<number, { resolve: (reply: any) => void, reject: (error: Error) => void }>} */
  const open = new Map()
  model.on('msg:custom', (/** @type {any} */ message, /** @type {DataView[]} */ buffers) => {
    const asked = open.get(message.ask)
    if (!asked) return
    open.delete(message.ask)
    const bytes = (buffers ?? []).map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
    if (message.facts.refusal) asked.reject(new Refused(message.facts.refusal))
    else asked.resolve({ facts: message.facts, bytes })
  })
  return {
    kind: 'notebook',
    boot: model.get('boot'),
    ask(kind, facts = {}, bytes = []) {
      const ask = ++last
      return new Promise((resolve, reject) => {
        open.set(ask, { resolve, reject })
        model.send({ ask, facts: { kind, ...facts } }, undefined, bytes.map((part) => part.slice().buffer))
      })
    },
    share(values) {
      model.set('shared', { ...model.get('shared'), ...values })
      model.save_changes()
    },
    onShare(listener) {
      model.on('change:shared', () => listener(model.get('shared')))
    },
  }
}
