import { short } from '../core/number.mjs'
import { captionFont, font } from './look.mjs'
import { shade } from './tone.mjs'

/** @typedef {import('./pen.mjs').Pen} Pen @typedef {import('./tone.mjs').Tone} Tone */

/** How tall a legend is, in page pixels. */
export const LEGEND_HEIGHT = 16
const BAR = 8

/** The bar of a legend whose numbers stand under it, between these widths. */
const NARROWEST = 88
const WIDEST = 160

/** A legend under a map: the bar from its edge, the two ends under the bar's, 0 marked in what has a sign.
 * @param {Pen} pen @param {{ x: number, y: number, width: number, tone: Tone, look: import('./look.mjs').Look, bars: boolean }} place
 * `bars`: a map of bars, whose heights say what a grey would */
export function drawLegendUnder(pen, { x, y, width, tone, look, bars }) {
  const [low, high] = tone.seen ?? [tone.low, tone.high]
  if (bars && !tone.signed) {
    pen.font = captionFont(look)
    pen.fillStyle = look.soft
    pen.textBaseline = 'alphabetic'
    pen.textAlign = 'start'
    pen.fillText(`${short(low)} … ${short(high)}`, x, y + BAR)
    return
  }
  const bar = Math.min(Math.max(width, NARROWEST), WIDEST)
  paintBar(pen, x, y, bar, { ...tone, seen: [low, high] })
  pen.strokeStyle = look.line
  pen.lineWidth = 1
  pen.strokeRect(x - 0.5, y - 0.5, bar + 1, BAR + 1)
  pen.fillStyle = look.soft
  if (low < 0 && high > 0) pen.fillRect(x + (bar * -low) / (high - low) - 0.5, y - 2, 1, BAR + 4)
  pen.font = captionFont(look)
  pen.textBaseline = 'alphabetic'
  pen.textAlign = 'start'
  pen.fillText(short(low), x, y + BAR + 14)
  pen.textAlign = 'end'
  pen.fillText(short(high), x + bar, y + BAR + 14)
}

/** The two ends of a tone with its colours between them, and 0 in the middle of what has a sign.
 * @param {Pen} pen @param {{ x: number, y: number, width: number, tone: Tone, look: import('./look.mjs').Look,
 *   bars?: boolean }} place `bars`: a map of bars, whose heights say what a grey would */
export function drawLegend(pen, { x, y, width, tone, look, bars = false }) {
  const [low, high] = [short(tone.low), short(tone.high)]
  pen.font = font(look, 12)
  pen.textBaseline = 'middle'
  pen.fillStyle = look.soft
  const middle = y + LEGEND_HEIGHT / 2
  pen.textAlign = 'start'
  if (bars && !tone.signed) {
    pen.fillText(`${low} … ${high}`, x, middle)
    return
  }
  pen.fillText(low, x, middle)
  const start = x + pen.measureText(low).width + 8
  const bar = Math.max(24, Math.min(128, width - (start - x) - pen.measureText(high).width - 8))
  pen.fillText(high, start + bar + 8, middle)
  paintBar(pen, start, middle - BAR / 2, bar, tone)
  pen.strokeStyle = look.line
  pen.lineWidth = 1
  pen.strokeRect(start - 0.5, middle - BAR / 2 - 0.5, bar + 1, BAR + 1)
  if (!tone.signed) return
  pen.fillStyle = look.soft
  pen.fillRect(start + bar / 2 - 0.5, middle - BAR / 2 - 2, 1, BAR + 4)
}

/** @param {Pen} pen @param {number} x @param {number} y @param {number} width @param {Tone} tone */
function paintBar(pen, x, y, width, tone) {
  const steps = 'isVector' in pen ? 32 : Math.ceil(width)
  const [low, high] = tone.seen ?? [tone.low, tone.high]
  for (let step = 0; step < steps; step++) {
    const [red, green, blue] = shade(tone, low + ((high - low) * (step + 0.5)) / steps)
    pen.fillStyle = `rgb(${red} ${green} ${blue})`
    pen.fillRect(x + (step * width) / steps, y, width / steps + (step < steps - 1 ? 0.5 : 0), BAR)
  }
}
