import { parseRecipe } from '../core/recipe.mjs'
import { writeRecipe } from '../core/spell.mjs'
import { layered } from './changes.mjs'
import { undrawable } from './limits.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice @typedef {import('../types').Conv} Conv */

/** A line was typed: what is wrong stands beside it and the last good layer stays.
 * @param {Slice} slice @param {string} text @returns {Partial<Slice>} */
export function typed(slice, text) {
  const read = parseRecipe(text)
  if (!read.conv) return { recipe: text, error: { error: read.error, ways: read.ways, at: read.at } }
  const refused = undrawable(read.conv)
  if (refused) return { recipe: text, error: refused }
  return { ...layered(slice, read.conv), recipe: text }
}

/** The form was changed: the line is written anew.
 * @param {Slice} slice @param {Conv} conv @returns {Partial<Slice>} */
export function formed(slice, conv) {
  const text = writeRecipe(conv)
  return typed(slice, text)
}
