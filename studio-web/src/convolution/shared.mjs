import { writeRecipe } from '../core/recipe.mjs'

/** @typedef {import('../types').Shared} Shared */

/** What a notebook's Python is told of the page.
 * @param {import('../types').State} state @param {Shared} before @returns {Shared} */
export function toPython({ tab, lang, theme, convolution: slice }, before) {
  const words = { tab, lang, theme, height: before.height }
  if (!slice?.conv) return { ...before, ...words }
  const { conv, weight, bias } = slice
  return {
    ...words,
    recipe: writeRecipe(conv),
    kernel: bytes(weight),
    bias: conv.bias ? bytes(bias) : null,
    window: before.window,
  }
}

/** Changes to the slice that Python asks for; null where there are none.
 * @param {Shared} shared @param {any} slice @returns {object | null} */
export function fromPython(shared, slice) {
  if (!shared.recipe || !slice) return null
  return null
}

/** @param {ArrayLike<number>} values */
const bytes = (values) => new DataView(Float64Array.from(values).buffer)
