import { noChange } from 'lit-html'
import { Directive, directive, PartType } from 'lit-html/directive.js'
import { entry, grey, signed, signedEntry } from '../../core/colour.mjs'

/** @typedef {'signed' | 'grey' | 'ink'} Tone blue to orange around 0; black to white; paper to black
 * @typedef {{ values: ArrayLike<number>, height: number, width: number, most: number, tone: Tone, theme: 'light' | 'dark' }} Cells */

/** Draws numbers into a canvas, one pixel each, `<canvas ${painted(cells)}>`; the style sheet says how large. */
class Painted extends Directive {
  /** @type {Cells | null} */
  last = null

  /** @param {import('lit-html/directive.js').PartInfo} part */
  constructor(part) {
    super(part)
    if (part.type !== PartType.ELEMENT) throw new Error('painted() stands in a tag, not in an attribute')
  }

  /** @param {import('lit-html/directive.js').ElementPart} part @param {[Cells]} given */
  update({ element }, [cells]) {
    const { last } = this
    this.last = cells
    if (last?.values !== cells.values || last.most !== cells.most || last.theme !== cells.theme) paint(/** @type {HTMLCanvasElement} */ (element), cells)
    return noChange
  }

  /** @param {Cells} _cells */
  render(_cells) {
    return noChange
  }
}

export const painted = directive(Painted)

const SIGNED = { light: signed('light'), dark: signed('dark') }

/** @param {HTMLCanvasElement} canvas @param {Cells} cells */
function paint(canvas, { values, height, width, most, tone, theme }) {
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const colours = tone === 'signed' ? SIGNED[theme] : grey
  const image = new ImageData(width, height)
  for (let at = 0; at < width * height; at++) {
    const place = tone === 'signed' ? signedEntry(values[at], most) : entry(values[at], 0, most)
    image.data.set(rgba(colours, tone === 'ink' ? 255 - place : place), 4 * at)
  }
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).putImageData(image, 0, 0)
}

/** @param {Uint8ClampedArray} colours @param {number} at */
const rgba = (colours, at) => colours.subarray(4 * at, 4 * at + 4)
