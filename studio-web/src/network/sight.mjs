import { boxOf, cellAt, drawGrid } from '../stage/grid.mjs'
import { drawLegend, LEGEND_HEIGHT } from '../stage/legend.mjs'
import { fit } from '../stage/pen.mjs'
import { canvasOf, paletteOf } from './drawing.mjs'
import { inside, onPicture } from './fields.mjs'
import { ends, isSigned, sharesEnds } from './maps.mjs'

/** The line of sight: the picture with what a pixel sees, and the map in focus with the pixel. */

/** @typedef {import('../types').App} App @typedef {import('./types').Look} Look @typedef {import('./types').Pixel} Pixel */
/** @typedef {import('./types').Field} Field @typedef {import('./types').Slice} Slice @typedef {import('./types').Maps} Maps */
/** @typedef {import('../stage/look.mjs').Look} Theme */
/** @typedef {{ look: Look, input: { height: number, width: number }, theme: Theme, trail: Field[] }} View */

/** @type {WeakMap<object, HTMLCanvasElement>} */
const images = new WeakMap()

/** @param {object} of @param {() => HTMLCanvasElement} make */
function kept(of, make) {
  const image = images.get(of) ?? make()
  images.set(of, image)
  return image
}

/** The picture: what lies outside of the network's crop is dimmed; a field is framed, and those of earlier layers thinly.
 * @param {HTMLCanvasElement} canvas @param {View} view @param {Field | null} field */
export function drawPicture(canvas, { look, input, theme, trail }, field) {
  const { picture, crop } = look
  const box = /** @type {HTMLElement} */ (canvas.parentElement)
  const scale = Math.min(box.clientWidth / picture.width, box.clientHeight / picture.height)
  const [width, height] = [Math.max(1, Math.floor(picture.width * scale)), Math.max(1, Math.floor(picture.height * scale))]
  const ink = fit(canvas, width, height)
  const zoom = width / picture.width
  const part = (/** @type {number[]} */ [top, left, high, wide]) => /** @type {const} */ ([left * zoom, top * zoom, wide * zoom, high * zoom])
  ink.imageSmoothingEnabled = zoom < 2
  const image = kept(picture, () => canvasOf(picture.rgb, picture.height, picture.width))
  ink.globalAlpha = 1
  ink.clearRect(0, 0, width, height)
  dimmed(ink, image, width, height, theme)
  const lit = field && onPicture(inside(field, input), crop, input)
  clipped(ink, part(crop), () => dimmed(ink, image, width, height, theme, field ? 0.45 : 1))
  if (lit) clipped(ink, part(lit), () => dimmed(ink, image, width, height, theme, 1))
  frame(ink, part(crop), theme.soft, 1, [3, 3])
  for (const each of trail) frame(ink, part(onPicture(inside(each, input), crop, input)), theme.window, 1)
  if (lit) frame(ink, part(lit), theme.window, 2)
}

/** @param {CanvasRenderingContext2D} ink @param {HTMLCanvasElement} image @param {number} width @param {number} height
 * @param {Theme} theme @param {number} [strength] */
function dimmed(ink, image, width, height, theme, strength = 0.25) {
  ink.fillStyle = theme.paper
  ink.fillRect(0, 0, width, height)
  ink.globalAlpha = strength
  ink.drawImage(image, 0, 0, width, height)
  ink.globalAlpha = 1
}

/** @param {CanvasRenderingContext2D} ink @param {readonly [number, number, number, number]} box @param {() => void} draw */
function clipped(ink, [x, y, width, height], draw) {
  ink.save()
  ink.beginPath()
  ink.rect(x, y, width, height)
  ink.clip()
  draw()
  ink.restore()
}

/** A frame that is seen on light and dark ground.
 * @param {CanvasRenderingContext2D} ink @param {readonly [number, number, number, number]} box @param {string} colour
 * @param {number} line @param {number[]} [dash] */
function frame(ink, [x, y, width, height], colour, line, dash = []) {
  const grown = Math.max(0, (4 - Math.min(width, height)) / 2)
  const box = /** @type {const} */ ([x - grown, y - grown, width + 2 * grown, height + 2 * grown])
  ink.setLineDash(dash)
  ink.strokeStyle = 'rgb(0 0 0 / 0.6)'
  ink.lineWidth = line + 2
  if (!dash.length) ink.strokeRect(...box)
  ink.strokeStyle = colour
  ink.lineWidth = line
  ink.strokeRect(...box)
  ink.setLineDash([])
}

/** How a map becomes colours: its own ends or its layer's.
 * @param {Maps} maps @param {number} channel @param {Slice} slice @param {'light' | 'dark'} theme @returns {import('../stage/tone.mjs').Tone} */
export function toneOf(maps, channel, { scale, palette }, theme) {
  const [low, high] = ends(maps, sharesEnds(maps, scale) ? null : channel)
  return { low, high, signed: isSigned(maps), palette: paletteOf(maps, palette, theme) }
}

/** One map as large as its place, with a frame around the pixel; its numbers appear where cells are large.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values @param {Maps} maps
 * @param {{ pixel: Pixel, zoom: number, tone: import('../stage/tone.mjs').Tone, theme: Theme }} view
 * @returns {import('../stage/grid.mjs').Grid} */
export function drawMap(canvas, values, { height, width }, { pixel, zoom, tone, theme }) {
  const place = /** @type {HTMLElement} */ (canvas.parentElement)
  const fits = Math.min(place.clientWidth / width, place.clientHeight / height)
  const cell = Math.min(fits * zoom, Math.max(fits, 64))
  const [wide, high] = [Math.min(place.clientWidth, cell * width), Math.min(place.clientHeight, cell * height)]
  const first = (/** @type {number} */ at, /** @type {number} */ n, /** @type {number} */ room) =>
    Math.min(Math.max(0, at + 0.5 - room / cell / 2), Math.max(0, n - room / cell))
  /** @type {import('../stage/grid.mjs').Grid} */
  const grid = {
    box: { x: 1, y: 1, width: Math.max(1, wide - 2), height: Math.max(1, high - 2) },
    cell: zoom === 1 ? (wide - 2) / width : cell,
    tall: zoom === 1 ? (high - 2) / height : cell,
    left: first(pixel.column, width, wide - 2),
    top: first(pixel.row, height, high - 2),
    rows: height,
    columns: width,
    value: (row, column) => values[row * width + column],
    tone,
    look: theme,
  }
  const ink = fit(canvas, wide, high)
  ink.clearRect(0, 0, wide, high)
  drawGrid(ink, grid)
  const { x, y, width: across, height: down } = boxOf(grid, { top: pixel.row, left: pixel.column, bottom: pixel.row + 1, right: pixel.column + 1 })
  clipped(ink, [0, 0, wide, high], () => frame(ink, [x, y, across, down], theme.window, 2))
  return grid
}

/** @param {HTMLCanvasElement} canvas @param {import('../stage/tone.mjs').Tone} tone @param {Theme} theme @param {number} [width] */
export function drawEnds(canvas, tone, theme, width = 240) {
  const ink = fit(canvas, width, LEGEND_HEIGHT)
  ink.clearRect(0, 0, width, LEGEND_HEIGHT)
  drawLegend(ink, { x: 0, y: 0, width, tone, look: theme })
}

/** The pixel of a map under the pointer.
 * @param {import('../stage/grid.mjs').Grid} grid @param {HTMLCanvasElement} canvas @param {PointerEvent | MouseEvent} event */
export function cellUnder(grid, canvas, event) {
  const box = canvas.getBoundingClientRect()
  return cellAt(grid, event.clientX - box.left, event.clientY - box.top)
}

