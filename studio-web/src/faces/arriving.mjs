/** What Python said, as the page has it. No DOM. */
import { mapsFrom } from '../network/maps.mjs'

/** @typedef {import('./types').Photograph} Photograph @typedef {import('./types').Found} Found @typedef {import('./types').Stage} Stage */

const NUMBERS = 128

/** @param {Photograph} photo @param {import('../types').Reply} reply @returns {Found} */
export function foundFrom(photo, { facts, bytes }) {
  const { side, published } = facts
  const numbers = rowsFrom(bytes[1])
  const area = side * side * 3
  const faces = facts.faces.map((/** @type {any} */ face, /** @type {number} */ index) => ({
    ...face,
    key: `photo ${photo.id} ${index}`,
    photo,
    index,
    side,
    chip: bytes[0].subarray(index * area, (index + 1) * area),
    numbers: numbers[index],
  }))
  return { faces, published }
}

/** Descriptions of 128 numbers each. @param {Uint8Array} bytes @returns {Float32Array[]} */
export function rowsFrom(bytes) {
  const all = new Float32Array(bytes.slice().buffer)
  return Array.from({ length: all.length / NUMBERS }, (_, i) => all.subarray(i * NUMBERS, (i + 1) * NUMBERS))
}

/** @param {import('../types').Reply} reply @returns {Stage[]} */
export const stagesFrom = ({ facts, bytes }) =>
  mapsFrom(facts.layers, facts.statistics, bytes.slice(0, -1), bytes[bytes.length - 1]).map((maps, i) => ({ maps, reach: facts.layers[i].reach }))
