import { layers } from './layers.mjs'
import { learned } from './learned.mjs'
import { onePixel } from './one-pixel.mjs'
import { isSame } from './same.mjs'
import { strided } from './strided.mjs'
import { translation } from './translation.mjs'
import { wires } from './wires.mjs'

export { nothingShown } from './frame.mjs'

/** @typedef {import('../../types').App} App @typedef {import('../../types').View} View @typedef {import('../explain/explain.mjs').Model} Model */

/** The guided views by their names.
 * @type {Record<string, (app: App, slice: any, model: Model, question: string) => View>} */
export const VIEWS = {
  sparse: wires,
  same: isSame,
  'strided-same': strided,
  'one-pixel': onePixel,
  translation,
  learned,
  layers,
}
