import { boxOf, cellAt } from './grid.mjs'
import { lookOf } from './look.mjs'
import { drawMoving } from './moving.mjs'
import { fit } from './pen.mjs'
import { drawBase, gridsOf, redrawCell } from './scene.mjs'
import { nowOf, placeAt, sceneOf } from './show.mjs'

/** The two canvases: what stands still is drawn only where it changed, what moves is drawn each frame over it.
 * @typedef {import('./show.mjs').Show} Show
 * @typedef {object} Where
 * @property {number[]} place @property {number[]} to @property {number} part of the way from one to the other
 * @property {number} depth @property {number} channel @property {number} out
 * @property {import('../types').Term[]} terms @property {string | null} lit @property {Uint8Array | null} made
 * @property {import('../types').Say} t @property {number} width @property {number} room
 * @property {boolean} holds a zoomed map stays where it is
 * @property {boolean} all what stands still is drawn again */

export class Easel {
  /** @type {ReturnType<typeof sceneOf> | null} */
  scene = null
  /** @type {import('./scene.mjs').Grids | null} */
  grids = null
  /** The window that a zoomed map is seen around: not the one that the pointer looks at or drags.
   * @type {import('./geometry.mjs').Windows | null} */
  #anchor = null
  #key = ''

  /** @param {ReturnType<typeof import('./dom.mjs').build>} dom */
  constructor(dom) {
    this.dom = dom
  }

  /** @param {Show} show @param {Where} where */
  paint(show, where) {
    if (where.width < 1) return
    const { place, to, part, depth, channel, terms, lit } = where
    const now = nowOf(show, { from: place, to, part, depth, channel, terms, lit })
    const scene = this.#setting(show, where, now)
    if (!this.#anchor || !where.holds) this.#anchor = now.windows
    const grids = gridsOf(scene, this.#anchor)
    const isSame = this.grids !== null && lies(this.grids.input, grids.input) && lies(this.grids.output, grids.output)
    this.grids = grids
    if (!isSame) drawBase(this.#basePen(scene), scene, grids)
    const pen = fit(this.dom.over, scene.seats.width, scene.seats.height)
    pen.clearRect(0, 0, scene.seats.width, scene.seats.height)
    drawMoving(pen, scene, grids, now)
  }

  /** @param {Show} show @param {Where} where @param {import('./moving.mjs').Now} now */
  #setting(show, where, now) {
    const { place, depth, channel, out, width, made, all } = where
    const slices = [now.windows.input[0], now.windows.kernel[0], now.windows.output[0]].map(({ from }) => from)
    const key = String([slices, depth, channel, out, width, made === null, show.spreads ? place : ''])
    if (this.scene && !all && key === this.#key) return this.scene
    this.#key = key
    this.grids = null
    this.scene = sceneOf(show, { ...where, look: lookOf(this.dom.theatre), ratio: devicePixelRatio || 1 })
    this.#placeKernel(this.scene.seats.kernel)
    return this.scene
  }

  /** Tells the style where the kernel lies: its numbers pulse on a first visit. @param {import('./pen.mjs').Box} box */
  #placeKernel(box) {
    for (const [name, value] of Object.entries({ x: box.x, y: box.y, width: box.width, height: box.height }))
      this.dom.scene.style.setProperty(`--kernel-${name}`, `${value}px`)
  }

  /** @param {import('./scene.mjs').Scene} scene */
  #basePen({ seats }) {
    return fit(this.dom.base, seats.width, seats.height)
  }

  /** An output cell is made: it alone is drawn again. @param {Show} show @param {number} index */
  make(show, index) {
    const [slice, row, column] = placeAt(show, index)
    if (!this.grids || !this.scene || slice !== this.scene.slices[2]) return
    const { output } = this.grids
    redrawCell(this.#basePen(this.scene), show.shape.rank, output, row + (output.own?.top ?? 0), column + (output.own?.left ?? 0))
  }

  /** What lies at a point of the stage. @param {number} x @param {number} y @returns {import('./hands.mjs').Spot | null} */
  spot(x, y) {
    if (!this.grids || !this.scene) return null
    for (const name of /** @type {const} */ (['input', 'kernel', 'output'])) {
      const at = cellAt(this.grids[name], x, y)
      if (at) return { name, row: at[0], column: at[1] }
    }
    const { patch } = this.scene.seats
    const at = patch && cellAt({ ...this.grids.kernel, box: patch }, x, y)
    return at ? { name: 'patch', row: at[0], column: at[1] } : null
  }

  /** Where a cell of a map lies, in page pixels from the stage's corner.
   * @param {'input' | 'kernel' | 'output'} name @param {number} row @param {number} column */
  box(name, row, column) {
    return this.grids && boxOf(this.grids[name], { top: row, left: column, bottom: row + 1, right: column + 1 })
  }
}

/** Whether a map lies where it lay. @param {import('./grid.mjs').Grid} was @param {import('./grid.mjs').Grid} is */
const lies = (was, is) => was.left === is.left && was.top === is.top && was.cell === is.cell
