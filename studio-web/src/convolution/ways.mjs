import { html } from 'lit-html'
import { parseRecipe, withArgument } from '../core/recipe.mjs'
import { writeRecipe } from '../core/spell.mjs'
import { check } from '../core/conv.mjs'
import { typed } from './typed.mjs'
import { inputShape } from './input.mjs'
import { LARGEST } from './pictures.mjs'
import { undrawable } from './limits.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice @typedef {{ error: import('../types').Words, ways: import('../types').Words[] }} Problem */

/** The ways out of a problem: a button where the way, tried, leads out of it; a sentence where it is for the reader.
 * @param {import('../types').App} app @param {Slice} slice @param {Problem} problem */
export function waysOut(app, slice, problem) {
  const change = (/** @type {Partial<Slice>} */ changes) => app.store.change('convolution', changes)
  const offered = problem.ways.map((way) => ({ way, changes: changesOf(app.pictures, slice, way.en) }))
  return html`
    ${offered.map(({ way, changes }) => (changes ? html`<button @click=${() => change(changes)}>${app.words(way)}</button>` : html`<p class="way">${app.words(way)}</p>`))}
    ${slice.error ? html`<button class="quiet" @click=${() => change({ recipe: writeRecipe(slice.conv), error: null })}>${app.t('Back to the last line that works')}</button>` : ''}
  `
}

/** What a way would change, where it can be done and helps: "padding=1", "an input of 5 or more", a whole line.
 * @param {import('./pictures.mjs').Pictures} pictures @param {Slice} slice @param {string} way @returns {Partial<Slice> | null} */
export function changesOf(pictures, slice, way) {
  const side = Number(/input of at least (\d+)|input of (\d+) or more/.exec(way)?.slice(1).find(Boolean))
  if (side) return side <= LARGEST ? { side: Math.max(side, slice.side) } : null
  const line = [way, ...rewritten(slice.recipe, way)].find((text) => isRight(pictures, slice, text))
  return line ? typed(slice, line) : null
}

/** @param {import('./pictures.mjs').Pictures} pictures @param {Slice} slice @param {string} text */
function isRight(pictures, slice, text) {
  const { conv } = parseRecipe(text)
  if (!conv || undrawable(conv)) return false
  return check(conv, inputShape(pictures, { ...slice, conv })) === null
}

/** The line with "name=value" of a way in it.
 * @param {string} line @param {string} way @returns {string[]} */
function rewritten(line, way) {
  const [, name, value] = /^([a-z_]+)=(\d+|'[^']*'|\((?:[^()]|\([^()]*\))*\))/.exec(way) ?? []
  return name ? [withArgument(line, name, value)] : []
}
