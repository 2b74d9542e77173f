/** @typedef {import('./types').FaceSlice} FaceSlice */

/** `shown` is the photograph's number, `face` its face; `one` and `two` are compared (null: the page chooses), `number`
 * of the 128 is read (null: the one that differs most); `version` counts changes of the gallery. @type {FaceSlice} */
export const START = {
  shown: null,
  face: 0,
  one: null,
  two: null,
  number: null,
  removing: null,
  card: false,
  busy: null,
  refused: null,
  version: 0,
  tick: 0,
}

/** Nothing of faces stands in an address. @returns {Record<string, string>} */
export const toLink = () => ({})

export const fromLink = () => ({})
