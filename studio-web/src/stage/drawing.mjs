import { createGif } from './gif.mjs'
import { drawMoving } from './moving.mjs'
import { createPalette } from './palette.mjs'
import { drawBase, gridsOf } from './scene.mjs'
import { nowOf, placeAt, sceneOf, sumAt } from './show.mjs'
import { SvgPen } from './svg.mjs'

/** The stage as a file: a picture of twice the pixels, shapes and text, or the slide as a moving picture.
 * @typedef {import('./show.mjs').Show} Show
 * @typedef {{ show: Show, place: number[], depth: number, channel: number, out: number, t: import('../types').Say,
 *   look: import('./look.mjs').Look, width: number, room: number }} Facts */

const MARGIN = 16
const MOST_FRAMES = 200
/** A moving picture is no wider: it is for a page or a message. */
const GIF_WIDTH = 720

/** @param {'png' | 'svg' | 'gif'} kind @param {Facts} facts @param {(part: number) => void} progress @returns {Promise<Blob>} */
export function drawing(kind, facts, progress) {
  if (kind === 'svg') return Promise.resolve(svg(facts))
  return kind === 'png' ? png(facts) : gif(facts, progress)
}

/** @param {Facts} facts @param {number} ratio @param {number[]} [place] @param {Uint8Array | null} [made] */
function setting(facts, ratio, place = facts.place, made = null) {
  const scene = sceneOf(facts.show, { ...facts, place, ratio, made })
  const { terms } = sumAt(facts.show, place, facts.channel)
  const now = nowOf(facts.show, { from: place, to: place, part: 0, depth: facts.depth, channel: facts.channel, terms, lit: null })
  return { scene, now, grids: gridsOf(scene, now.windows) }
}

/** @param {Facts} facts */
function svg(facts) {
  const { scene, now, grids } = setting(facts, 1)
  const pen = new SvgPen(scene.seats.width, scene.seats.height)
  drawBase(pen, scene, grids)
  drawMoving(pen, scene, grids, now)
  const title = `${scene.titles.input} ∗ ${scene.titles.kernel} = ${scene.titles.output}`
  return new Blob([pen.text(facts.look.paper, title)], { type: 'image/svg+xml' })
}

/** @param {Facts} facts @returns {Promise<Blob>} */
function png(facts) {
  const { scene, now, grids } = setting(facts, 2)
  const { canvas, pen } = sheet(scene.seats, 2, facts.look.paper)
  drawBase(pen, scene, grids)
  drawMoving(pen, scene, grids, now)
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png'))
}

/** A canvas with a margin around the stage. @param {{ width: number, height: number }} size @param {number} ratio @param {string} paper */
function sheet({ width, height }, ratio, paper) {
  const canvas = document.createElement('canvas')
  canvas.width = Math.round((width + 2 * MARGIN) * ratio)
  canvas.height = Math.round((height + 2 * MARGIN) * ratio)
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }))
  pen.fillStyle = paper
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.setTransform(ratio, 0, 0, ratio, MARGIN * ratio, MARGIN * ratio)
  return { canvas, pen }
}

/** The whole slide, or as many places of it as there are frames, evenly.
 * @param {Facts} facts @param {(part: number) => void} progress */
async function gif(facts, progress) {
  const { show } = facts
  const small = { ...facts, width: Math.min(facts.width, GIF_WIDTH), room: Math.min(facts.room, 360), show: { ...show, view: { ...show.view, zoom: 1 } } }
  const frames = Math.min(show.count, MOST_FRAMES)
  const places = Array.from({ length: frames }, (_, i) => Math.round((i * (show.count - 1)) / Math.max(frames - 1, 1)))
  const made = show.spreads ? null : new Uint8Array(show.shape.sides.reduce((all, side) => all * side.out, 1))
  const { scene } = setting(small, 1, placeAt(show, 0), made)
  const { canvas, pen } = sheet(scene.seats, 1, facts.look.paper)
  const draw = (/** @type {number} */ index) => {
    made?.fill(1, 0, index + 1)
    const now = setting(small, 1, placeAt(show, index), made)
    drawBase(pen, now.scene, now.grids)
    drawMoving(pen, now.scene, now.grids, now.now)
    return pen.getImageData(0, 0, canvas.width, canvas.height).data
  }
  const colours = createPalette()
  for (const index of [0, show.count >> 1, show.count - 1]) colours.learn(draw(index))
  made?.fill(0)
  const file = createGif(canvas.width, canvas.height, colours.entries())
  const hundredths = frames > 60 ? 6 : 30
  for (const [i, index] of places.entries()) {
    file.frame(colours.match(draw(index)), i === frames - 1 ? 150 : hundredths)
    if (i % 4 === 3) {
      progress((i + 1) / frames)
      await new Promise((resolve) => setTimeout(resolve))
    }
  }
  progress(1)
  return new Blob([file.done()], { type: 'image/gif' })
}
