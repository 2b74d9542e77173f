import { divisor, pads, reach, reads } from './axis.mjs'
import { outputShape } from './conv.mjs'

/** @typedef {import('../types').Axis} Axis @typedef {import('../types').Conv} Conv */
/**
 * @typedef {object} Field What one output sees along one axis, in elements of the first input.
 * @property {Ratio} jump between the fields of two neighbours @property {Ratio} start centre of the first field
 * @property {number[][]} phases the inputs of the first outputs; transposed layers repeat in phases, all else has one
 */
/** @typedef {[number, number]} Ratio numerator, denominator */

/** The field of an input: itself. @type {Field} */
export const POINT = { jump: [1, 1], start: [0, 1], phases: [[0]] }

/** The field after one more layer, whose padding before the axis is `before`.
 * @param {Field} field @param {Axis} axis @param {number} before @param {boolean} [transposed] @returns {Field} */
export function through(field, axis, before, transposed = false) {
  const { jump, start, phases } = field
  const offset = reduced([reach(axis) - 1 - 2 * before, 2])
  const next = reduced(transposed ? [jump[0], jump[1] * axis.stride] : [jump[0] * axis.stride, jump[1]])
  const count = transposed ? phases.length * axis.stride : phases.length / divisor(phases.length, axis.stride)
  const moved = transposed ? times([-offset[0], offset[1]], next) : times(offset, jump)
  const seen = Array.from({ length: count }, (_, o) => union(reads(axis, o, before, transposed).map((i) => inputsOf(field, i))))
  return { jump: next, start: plus(start, moved), phases: seen }
}

/** Inputs that output o sees, in order; those on padding lie outside. @param {Field} field @param {number} o */
export function inputsOf({ jump, phases }, o) {
  const turn = Math.floor(o / phases.length)
  const shift = (turn * phases.length * jump[0]) / jump[1]
  return phases[o - turn * phases.length].map((i) => i + shift)
}

/** Inputs from the first to the last that is seen; the largest of the phases. @param {Field} field */
export const fieldSize = ({ phases }) => Math.max(...phases.map(span))

/** Inputs within the field that are not seen. @param {Field} field */
export function fieldHoles(field) {
  const widest = field.phases.reduce((most, seen) => (span(seen) > span(most) ? seen : most))
  return fieldSize(field) - widest.length
}

/** The fields after each layer of a chain on an input [C, …sizes], one an axis.
 * @param {Conv[]} chain @param {number[]} shape @returns {Field[][]} */
export function fieldsOf(chain, shape) {
  let fields = shape.slice(1).map(() => POINT)
  return chain.map((conv) => {
    fields = conv.axes.map((axis, i) => through(fields[i], axis, pads(axis, shape[i + 1], conv.transposed)[0], conv.transposed))
    shape = outputShape(conv, shape)
    return fields
  })
}

/** A ratio as Python writes it: 3, 3/2. @param {Ratio} ratio */
export const ratioText = ([above, below]) => (below === 1 ? String(above) : `${above}/${below}`)

/** @param {number[]} seen */
const span = (seen) => (seen.length ? seen[seen.length - 1] - seen[0] + 1 : 0)

/** @param {number[][]} lists */
const union = (lists) => [...new Set(lists.flat())].sort((a, b) => a - b)

/** @param {Ratio} ratio @returns {Ratio} */
function reduced([above, below]) {
  const common = divisor(Math.abs(above), below) || 1
  return [above / common, below / common]
}

/** @param {Ratio} a @param {Ratio} b */
const times = (a, b) => reduced([a[0] * b[0], a[1] * b[1]])

/** @param {Ratio} a @param {Ratio} b */
const plus = (a, b) => reduced([a[0] * b[1] + b[0] * a[1], a[1] * b[1]])
