/** Listens for files that are dropped or pasted while a tab is open; a notebook keeps what is pasted elsewhere in it.
 * Gives what ends it.
 * @param {HTMLElement} el the tab @param {import('../types').App} app @param {string} tab its name
 * @param {(file: File, title: string) => void} take */
export function takeFiles(el, app, tab, take) {
  const isOpen = () => app.store.state.tab === tab && el.isConnected
  const over = (/** @type {DragEvent} */ event) => {
    if (!isOpen() || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    el.classList.toggle('dropping', event.type === 'dragover')
  }
  const left = (/** @type {DragEvent} */ event) => {
    if (!el.contains(/** @type {Node | null} */ (event.relatedTarget))) el.classList.remove('dropping')
  }
  const dropped = (/** @type {DragEvent} */ event) => {
    el.classList.remove('dropping')
    const file = event.dataTransfer?.files[0]
    if (!isOpen() || !file || event.defaultPrevented) return
    event.preventDefault()
    take(file, file.name)
  }
  const pasted = (/** @type {ClipboardEvent} */ event) => {
    const file = [...(event.clipboardData?.files ?? [])][0]
    if (!isOpen() || !file) return
    event.preventDefault()
    take(file, file.name || app.t('the pasted picture'))
  }
  const outside = (/** @type {ClipboardEvent} */ event) => event.target === document.body && pasted(event)
  const { root } = app
  const drags = /** @type {const} */ ([['dragover', over], ['dragleave', left], ['drop', dropped]])
  for (const [name, listener] of drags) root.addEventListener(name, listener)
  root.addEventListener('paste', pasted)
  if (app.host.kind !== 'notebook') document.addEventListener('paste', outside)
  return () => {
    for (const [name, listener] of drags) root.removeEventListener(name, /** @type {EventListener} */ (listener))
    root.removeEventListener('paste', pasted)
    document.removeEventListener('paste', outside)
  }
}
