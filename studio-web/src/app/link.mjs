/** @typedef {import('../types').State} State @typedef {import('../types').Tab} Tab @typedef {import('../types').App} App */

/** The whole state as a link's fragment: only what differs from the start, never a picture.
 * @param {State} state @param {Tab[]} tabs @returns {string} */
export function toLink(state, tabs) {
  const link = new URLSearchParams()
  if (state.tab !== tabs[0].name) link.set('tab', state.tab)
  for (const tab of tabs)
    for (const [key, value] of Object.entries(tab.toLink(state[tab.name]))) link.set(key, value)
  return link.toString()
}

/** Changes to the state that a link asks for.
 * @param {string} text @param {Tab[]} tabs @returns {Record<string, any>} */
export function fromLink(text, tabs) {
  const link = new URLSearchParams(text.replace(/^#/, ''))
  const asked = link.get('tab')
  const tab = tabs.find(({ name }) => name === asked)?.name
  return {
    ...(tab ? { tab } : {}),
    ...Object.fromEntries(tabs.map((each) => [each.name, { ...each.start, ...each.fromLink(link) }])),
  }
}

/** Brings the readers of what a link asks for. Where one does not come, the link stays as it is.
 * @param {App} app @param {Tab[]} tabs */
export function readLinks(app, tabs) {
  for (const { name, read } of tabs) {
    const { unread } = app.store.state[name]
    if (!read || !unread) continue
    app.bring(() => read(unread)).then((changes) => app.store.state[name].unread === unread && app.store.change(name, changes), app.refuse)
  }
}
