import { html } from 'lit-html'
import { say } from './say.mjs'
import { MOST_EDITS, cropText, editsOf, toLink } from './slice.mjs'
import { download } from '../app/download.mjs'
import { count } from '../core/number.mjs'
import { inputShape } from './input.mjs'
import { PHOTOGRAPH } from './pictures.mjs'

/** @typedef {import('../types').App} App @typedef {import('./slice.mjs').Slice} Slice */
/** @typedef {(kind: 'png' | 'svg' | 'gif') => Promise<Blob>} Drawing */

/** @type {{ name: string, label: string, blob: (app: App, slice: Slice, drawing: Drawing) => Promise<Blob> | Blob }[]} */
const FILES = [
  { name: 'convolution.png', label: say('Picture (PNG)'), blob: (_, __, drawing) => drawing('png') },
  { name: 'convolution.svg', label: say('Drawing (SVG)'), blob: (_, __, drawing) => drawing('svg') },
  { name: 'convolution.gif', label: say('Animation (GIF)'), blob: (_, __, drawing) => drawing('gif') },
  { name: 'convolution.html', label: say('This page in one file (HTML)'), blob: (app) => pageInOneFile(app) },
  { name: 'convolution.py', label: say('PyTorch code (Python)'), blob: scriptFile },
  { name: 'convolution.json', label: say('Numbers and settings (JSON)'), blob: ({ pictures }, slice) => text(jsonOf(pictures, slice), 'application/json') },
]

/** @param {App} app @param {Slice} slice */
async function scriptFile(app, slice) {
  const { scriptOf } = await app.bring(() => import('./script.mjs'))
  return text(scriptOf(slice, inputShape(app.pictures, slice)), 'text/x-python')
}

/** The menu of what can be taken away: files, and the link that brings back all but the picture.
 * @param {App} app @param {Slice} slice @param {Drawing} drawing */
export function exportsMenu(app, slice, drawing) {
  const { t } = app
  return html`
    <details class="exports">
      <summary>${t('Export')}</summary>
      <div class="stacked">
        ${FILES.map((file) => html`<button @click=${() => save(app, file.name, file.blob(app, slice, drawing))}>${t(file.label)}</button>`)}
        ${app.host.kind === 'notebook' ? '' : html`<button @click=${() => copyLink(app, slice)}>${t('Copy the link')}</button>`}
      </div>
      <small>${linkHolds(app, slice)}</small>
    </details>
  `
}

/** @param {App} app @param {string} name @param {Promise<Blob> | Blob} made */
async function save(app, name, made) {
  try {
    download(await made, name)
    app.tell(app.t('saved: {name}', { name }))
  } catch (error) {
    app.refuse(error)
  }
}

/** What a link brings back. @param {App} app @param {Slice} slice */
function linkHolds({ t }, slice) {
  const changed = editsOf(slice).length
  if (changed <= MOST_EDITS) return t('the link holds all settings, but not your picture')
  return t('the link holds {most} of the {changed} weights you changed; the JSON holds all', { most: MOST_EDITS, changed: count(changed) })
}

/** @param {App} app @param {Slice} slice */
async function copyLink(app, slice) {
  try {
    await navigator.clipboard.writeText(location.href)
    app.tell(editsOf(slice).length > MOST_EDITS ? `${app.t('the link is copied')}: ${linkHolds(app, slice)}` : app.t('the link is copied'))
  } catch {
    app.tell(location.href)
  }
}

/** Python builds the file; a page from disk is one already: itself, with the link of this moment.
 * @param {App} app */
async function pageInOneFile(app) {
  const slice = app.store.state.convolution
  const link = linkToFile(slice, app.host.kind === 'notebook' ? '' : location.hash.slice(1))
  if (app.host.kind !== 'alone') {
    const { height, width, rgb } = app.pictures.called(slice.picture) ?? app.pictures.called(PHOTOGRAPH) ?? {}
    const facts = { link, lang: app.store.state.lang, height, width }
    const { bytes } = await app.host.ask('page.html', facts, rgb ? [new Uint8Array(rgb)] : [])
    return new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes[0])], { type: 'text/html' })
  }
  const page = /** @type {HTMLElement} */ (document.documentElement.cloneNode(true))
  const boot = /** @type {HTMLElement} */ (page.querySelector('#kaiyan-boot'))
  boot.textContent = JSON.stringify({ ...app.host.boot, link }).replaceAll('<', '\\u003c')
  page.querySelector('#kaiyan')?.replaceChildren()
  return text(`<!doctype html>\n${page.outerHTML}`, 'text/html')
}

/** A file has room for more changed weights than an address. */
const MOST_IN_A_FILE = 20_000

/** The link of a page in a file: the piece of the picture is always named, since a file's picture is one that was given.
 * @param {Slice} slice @param {string} address what the browser's address holds, of all tabs */
export function linkToFile(slice, address) {
  const link = new URLSearchParams(address)
  for (const [key, value] of Object.entries({ ...toLink(slice, MOST_IN_A_FILE), crop: cropText(slice.crop) })) link.set(key, value)
  return String(link)
}

/** @param {import('./pictures.mjs').Pictures} pictures @param {Slice} slice */
function jsonOf(pictures, slice) {
  const { recipe, conv, kernel, weight, bias, place, out, channel, side, crop, shift } = slice
  return `${JSON.stringify({ schema: 'kaiyan-studio/1', recipe, conv, kernel, weight, bias, place, out, channel, input: { shape: inputShape(pictures, slice), side, crop, shift } }, null, 2)}\n`
}

/** @param {string} words @param {string} kind */
const text = (words, kind) => new Blob([words], { type: kind })
