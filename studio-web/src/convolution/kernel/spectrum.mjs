import { entry, magma } from '../../core/colour.mjs'
import { response } from '../../core/frequency.mjs'
import { say } from '../say.mjs'

/** Cells of the picture along each axis. */
export const SIDE = 64
const LOWEST = 0.12
const HIGHEST = 0.38

/** What a kernel passes: how strongly each frequency (rows, columns; 0 in the middle), and the word for it.
 * @param {number[]} numbers @param {[number, number]} sizes */
export function spectrumOf(numbers, [rows, columns]) {
  const strengths = response(numbers, rows, columns, SIDE)
  return { strengths, most: Math.max(...strengths), kind: kindOf(strengths) }
}

const KINDS = {
  none: say('lets nothing through'),
  all: say('lets all frequencies through alike'),
  low: say('keeps slow changes: a blur (low-pass)'),
  high: say('keeps fast changes: edges and noise (high-pass)'),
  band: say('keeps what lies between: edges, but not the finest detail (band-pass)'),
  raised: say('keeps everything and strengthens fine detail: sharpens'),
}

/** @param {Float64Array} strengths @returns {string} */
function kindOf(strengths) {
  const most = Math.max(...strengths)
  if (!most) return KINDS.none
  const flat = strengths[(SIDE / 2) * SIDE + SIDE / 2] / most
  const [low, middle, high] = bands(strengths).map((strength) => strength / most)
  if (Math.min(...strengths) / most > 0.999) return KINDS.all
  if (flat < 0.02) return middle > 1.15 * high && middle > low ? KINDS.band : KINDS.high
  return high > 1.15 * low ? KINDS.raised : KINDS.low
}

/** Mean strength where frequencies are low, between and high, in cycles a pixel.
 * @param {Float64Array} strengths */
function bands(strengths) {
  const sums = [0, 0, 0]
  const counts = [0, 0, 0]
  strengths.forEach((strength, i) => {
    const away = Math.hypot(Math.floor(i / SIDE) - SIDE / 2, (i % SIDE) - SIDE / 2) / SIDE
    const band = away < LOWEST ? 0 : away < HIGHEST ? 1 : 2
    sums[band] += strength
    counts[band] += 1
  })
  return sums.map((sum, i) => sum / counts[i])
}

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
