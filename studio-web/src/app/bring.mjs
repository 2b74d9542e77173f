import { absent } from '../host/refusal.mjs'

/** Brings a part of the page; where it cannot be fetched, waits until the server answers, and tries once more.
 * @param {import('../types').Host} host @returns {import('../types').App['bring']} */
export const bringing = (host) => async (part) => {
  try {
    return await part()
  } catch (error) {
    if (!isUnfetched(error)) throw error
    await host.back?.()
  }
  return part().catch((error) => {
    throw isUnfetched(error) ? absent() : error
  })
}

/** Whether a module or a style sheet did not come: browsers have words for it, and no name.
 * @param {unknown} error */
const isUnfetched = (error) => error instanceof TypeError && /module|style sheet/i.test(error.message)
