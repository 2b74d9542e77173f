import { turn } from './shell.mjs'

/** @typedef {import('../types').App} App */

/** Single keys of the page and of the open tab; they never fire in a field.
 * @param {App} app @param {import('../types').Tab[]} tabs
 * @param {() => Record<string, (event: KeyboardEvent) => void>} tabKeys @returns {() => void} */
export function keyboard(app, tabs, tabKeys) {
  const { store } = app
  /** @type {Record<string, () => void>} */
  const own = {
    '?': () => store.change(null, { help: !store.state.help }),
    l: () => turn(app),
    ...Object.fromEntries(tabs.map(({ name }, i) => [String(i + 1), () => store.change(null, { tab: name })])),
  }
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || inField(event)) return
    if (event.key === 'Escape' && (store.state.help || store.state.refusal)) {
      store.change(null, { help: false, refusal: null })
      return
    }
    const keys = tabKeys()
    const shifted = event.shiftKey ? keys[`Shift+${event.key}`] : undefined
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const action = shifted ?? keys[event.key] ?? own[key]
    if (!action) return
    event.preventDefault()
    action(event)
  }
  app.root.addEventListener('keydown', pressed)
  if (app.host.kind === 'notebook') return () => app.root.removeEventListener('keydown', pressed)
  const outside = (/** @type {KeyboardEvent} */ event) => {
    if (event.target === document.body) pressed(event)
  }
  document.addEventListener('keydown', outside)
  return () => {
    app.root.removeEventListener('keydown', pressed)
    document.removeEventListener('keydown', outside)
  }
}

/** Whether what is pressed belongs to a field, or a button that Space and Enter press.
 * @param {KeyboardEvent} event */
function inField(event) {
  const target = /** @type {HTMLElement} */ (event.composedPath()[0])
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable) return true
  return /^(BUTTON|A|SUMMARY)$/.test(target.tagName) && (event.key === 'Enter' || event.key === ' ')
}
