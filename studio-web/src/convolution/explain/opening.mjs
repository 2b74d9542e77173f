import { html, nothing } from 'lit-html'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View */
/** @typedef {{ key: string, name: string, shown: string, why: string[] }} Figure A number and where it comes from. */

/** A number that opens its derivation.
 * @param {App} app @param {any} slice @param {string} room @param {Figure} figure @returns {View} */
export function number(app, slice, room, { key, name, shown }) {
  const id = `${room} ${key}`
  const open = slice.opened === id
  const toggle = () => app.store.change('convolution', { opened: open ? null : id })
  return html`<button class="figure" aria-expanded=${open} aria-label="${name} = ${shown}" title=${name} @click=${toggle}>${shown}</button>`
}

/** Where the open number of a room comes from.
 * @param {any} slice @param {string} room @param {Figure[]} figures @returns {View} */
export function origin(slice, room, figures) {
  const open = figures.find(({ key }) => slice.opened === `${room} ${key}`)
  if (!open) return nothing
  return html`<div class="origin" role="note">
    <p class="which"><b>${open.name} = ${open.shown}</b></p>
    ${open.why.map((line) => html`<p>${line}</p>`)}
  </div>`
}
