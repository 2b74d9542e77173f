/** Pens draw: a canvas's context, or one that writes SVG with the same words. Drawing code does not know which. */

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} CanvasPen */
/** @typedef {CanvasPen | import('./svg.mjs').SvgPen} Pen */
/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

/** Gives a canvas its size in page pixels, as many real pixels as the screen has, and a pen in page pixels.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height @param {number} [ratio] */
export function fit(canvas, width, height, ratio = globalThis.devicePixelRatio || 1) {
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across
    canvas.height = down
    canvas.style.width = `${width}px`
    canvas.style.height = `${height}px`
  }
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  return pen
}

/** The greatest size not above `size` that is a whole number of real pixels, where that costs little.
 * @param {number} size @param {number} ratio real pixels a page pixel */
export function crisp(size, ratio) {
  const whole = Math.floor(size * ratio + 1e-6)
  return whole >= 3 ? whole / ratio : size
}

/** @param {Pen} pen @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 */
export function line(pen, x1, y1, x2, y2) {
  pen.beginPath()
  pen.moveTo(x1, y1)
  pen.lineTo(x2, y2)
  pen.stroke()
}

/** Lines at 45° over a box: what is not the picture.
 * @param {Pen} pen @param {Box} box @param {string} colour @param {number} [gap] */
export function hatch(pen, { x, y, width, height }, colour, gap = 6) {
  if (width <= 0 || height <= 0) return
  pen.strokeStyle = colour
  pen.lineWidth = 1
  pen.beginPath()
  const first = Math.ceil((x + y) / gap) * gap
  for (let sum = first; sum < x + y + width + height; sum += gap) {
    const left = Math.max(x, sum - y - height)
    const right = Math.min(x + width, sum - y)
    pen.moveTo(left, sum - left)
    pen.lineTo(right, sum - right)
  }
  pen.stroke()
}

/** Lines both ways over a box: what nothing reads.
 * @param {Pen} pen @param {Box} box @param {string} colour */
export function cross(pen, { x, y, width, height }, colour) {
  if (width <= 0 || height <= 0) return
  pen.strokeStyle = colour
  pen.lineWidth = 1
  pen.beginPath()
  pen.moveTo(x, y)
  pen.lineTo(x + width, y + height)
  pen.moveTo(x, y + height)
  pen.lineTo(x + width, y)
  pen.stroke()
}
