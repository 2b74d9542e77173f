import { entry, magma } from '../../core/colour.mjs'
import { response } from '../../core/frequency.mjs'
import { say } from '../say.mjs'

/** Cells of the picture along each axis. */
export const SIDE = 64
/** Waves of more cycles a pixel are fast; from here on they are among the fastest. */
const HIGHEST = 0.38
const RIM = 0.45
/** The least part that counts as passed, and what counts as passed well. */
const PASSED = 0.05
const WELL = 0.33
const HALF = 0.5

/** What a kernel passes: how strongly each frequency (rows, columns; 0 in the middle), and the word for it.
 * @param {number[]} numbers @param {[number, number]} sizes @param {boolean} [isRow] of a layer with one axis */
export function spectrumOf(numbers, [rows, columns], isRow = false) {
  const strengths = response(numbers, rows, columns, SIDE)
  const along = isRow ? strengths.subarray((SIDE / 2) * SIDE, (SIDE / 2 + 1) * SIDE) : strengths
  return { strengths, most: Math.max(...strengths), kind: kindOf(along) }
}

const KINDS = {
  none: say('lets nothing through'),
  all: say('lets all frequencies through alike'),
  low: say('keeps slow changes: a blur (low-pass)'),
  smear: say('blurs along one direction and keeps the other: a smear'),
  high: say('keeps fast changes: edges and noise (high-pass)'),
  band: say('keeps what lies between: edges, but not the finest detail (band-pass)'),
  mixed: say('keeps something of everything, the most of what lies between'),
  raised: say('keeps everything and strengthens fine detail: sharpens'),
}

/** @param {Float64Array} strengths @returns {string} */
function kindOf(strengths) {
  const most = Math.max(...strengths)
  if (!most) return KINDS.none
  const least = Math.min(...strengths) / most
  const flat = strengths[strengths.length === SIDE ? SIDE / 2 : (SIDE / 2) * SIDE + SIDE / 2] / most
  const fast = strengths.filter((_, i) => awayOf(i, strengths.length) > HIGHEST).map((strength) => strength / most)
  const highest = Math.max(...fast)
  if (least > 0.999) return KINDS.all
  if (flat > 0.99) return highest > 0.99 ? KINDS.smear : KINDS.low
  if (least > PASSED && highest === 1) return KINDS.raised
  if (least > WELL) return KINDS.mixed
  if (flat > HALF) return KINDS.low
  return awayOf(strengths.indexOf(most), strengths.length) < RIM ? KINDS.band : KINDS.high
}

/** How far a frequency lies from 0, in cycles a pixel. @param {number} i @param {number} count of all: a row, or a square */
const awayOf = (i, count) => Math.hypot(count === SIDE ? 0 : Math.floor(i / SIDE) - SIDE / 2, (i % SIDE) - SIDE / 2) / SIDE

/** Draws the strengths, one pixel a frequency. @param {HTMLCanvasElement} canvas @param {Float64Array} strengths @param {number} most */
export function drawSpectrum(canvas, strengths, most) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
  const image = context.createImageData(SIDE, SIDE)
  strengths.forEach((strength, i) => {
    const at = entry(strength, 0, most)
    image.data.set(magma.subarray(4 * at, 4 * at + 4), 4 * i)
  })
  context.putImageData(image, 0, 0)
}
