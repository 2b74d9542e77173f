const MARGIN = 16

/** A pen that writes SVG: real shapes and real text, by the words of a canvas's context that the stage uses. */
export class SvgPen {
  isVector = true
  fillStyle = '#000'
  strokeStyle = '#000'
  lineWidth = 1
  globalAlpha = 1
  font = '12px sans-serif'
  textAlign = 'start'
  textBaseline = 'alphabetic'
  lineCap = 'butt'
  /** @type {string[]} */
  #marks = []
  #path = ''
  #dash = ''
  #clips = 0
  /** @type {[Record<string, any>, number][]} */
  #kept = []
  #open = 0

  /** @param {number} width @param {number} height */
  constructor(width, height) {
    this.width = width
    this.height = height
  }

  beginPath() {
    this.#path = ''
  }
  /** @param {number} x @param {number} y */
  moveTo(x, y) {
    this.#path += `M${short(x)} ${short(y)}`
  }
  /** @param {number} x @param {number} y */
  lineTo(x, y) {
    this.#path += `L${short(x)} ${short(y)}`
  }
  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  rect(x, y, width, height) {
    this.#path += `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`
  }
  closePath() {
    this.#path += 'z'
  }
  stroke() {
    if (this.#path) this.#mark(`<path d="${this.#path}" fill="none" ${this.#stroke()}/>`)
  }
  fill() {
    if (this.#path) this.#mark(`<path d="${this.#path}" fill="${this.fillStyle}"/>`)
  }
  clip() {
    const id = `clip${++this.#clips}`
    this.#marks.push(`<clipPath id="${id}"><path d="${this.#path}"/></clipPath><g clip-path="url(#${id})">`)
    this.#open++
  }
  save() {
    const { fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline } = this
    this.#kept.push([{ fillStyle, strokeStyle, lineWidth, globalAlpha, font, textAlign, textBaseline }, this.#open])
  }
  restore() {
    const kept = this.#kept.pop()
    if (!kept) return
    Object.assign(this, kept[0])
    while (this.#open > kept[1]) {
      this.#marks.push('</g>')
      this.#open--
    }
  }
  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  fillRect(x, y, width, height) {
    this.#mark(`<rect ${box(x, y, width, height)} fill="${this.fillStyle}" shape-rendering="crispEdges"/>`)
  }
  /** @param {number} x @param {number} y @param {number} width @param {number} height */
  strokeRect(x, y, width, height) {
    this.#mark(`<rect ${box(x, y, width, height)} fill="none" ${this.#stroke()}/>`)
  }
  /** @param {string} text @param {number} x @param {number} y */
  fillText(text, x, y) {
    const anchor = { center: 'middle', right: 'end', end: 'end' }[this.textAlign] ?? 'start'
    const base = { middle: 'central', top: 'hanging', bottom: 'text-after-edge' }[this.textBaseline] ?? 'auto'
    const [, weight, size, family] = /^(?:(\w+) )?([\d.]+)px (.*)$/.exec(this.font) ?? []
    const face = `font-size="${size}"${weight ? ` font-weight="${weight}"` : ''} font-family="${escape(family ?? '')}"`
    this.#mark(
      `<text x="${short(x)}" y="${short(y)}" ${face} text-anchor="${anchor}" dominant-baseline="${base}" fill="${this.fillStyle}">${escape(text)}</text>`,
    )
  }
  /** @param {string} text */
  measureText(text) {
    const size = Number(/([\d.]+)px/.exec(this.font)?.[1] ?? 12)
    return { width: [...text].reduce((sum, letter) => sum + (letter > '\u2e80' ? 1 : 0.62) * size, 0) }
  }
  /** @param {number[]} dash */
  setLineDash(dash) {
    this.#dash = dash.length ? ` stroke-dasharray="${dash.join(' ')}"` : ''
  }

  /** The whole drawing. @param {string} ground @param {string} title */
  text(ground, title) {
    const [width, height] = [this.width + 2 * MARGIN, this.height + 2 * MARGIN].map(short)
    const size = `width="${width}" height="${height}" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}"`
    const back = `<rect x="${-MARGIN}" y="${-MARGIN}" width="100%" height="100%" fill="${ground}"/>`
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size}><title>${escape(title)}</title>${back}${this.#marks.join('')}</svg>`
  }

  /** @param {string} mark */
  #mark(mark) {
    this.#marks.push(this.globalAlpha < 1 ? `<g opacity="${short(this.globalAlpha)}">${mark}</g>` : mark)
  }
  #stroke() {
    return `stroke="${this.strokeStyle}" stroke-width="${short(this.lineWidth)}"${this.#dash}`
  }
}

/** @param {number} x @param {number} y @param {number} width @param {number} height */
const box = (x, y, width, height) =>
  `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`

const short = (/** @type {number} */ number) => String(Math.round(number * 100) / 100)

const SIGNS = /** @type {Record<string, string>} */ ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })
const escape = (/** @type {string} */ text) => text.replace(/[&<>"]/g, (sign) => SIGNS[sign])
