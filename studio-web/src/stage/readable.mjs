import { indexOf, lift, lower } from './geometry.mjs'
import { channelOf } from './maps.mjs'
import { patchGrid } from './moving.mjs'
import { nowOf } from './show.mjs'

/** What tests and other programs may read of a stage, as numbers: `el.querySelector('[data-stage]').kaiyan`.
 * @param {import('./stage.mjs').Stage} stage */
export const readable = (stage) => ({
  /** What an output cell holds. @param {number} k @param {number[]} place */
  output: (k, place) => channelOf(stage.show.view.output, k)[indexOf(lift(place), stage.show.shape.sides.map(({ out }) => out))],
  /** What it was given: the layer, its numbers, its input and its output. */
  view: () => stage.show.view,
  /** Where the window is. */
  place: () => lower(stage.place, stage.show.shape.rank),
  /** The sum as data; the texts of its chips and of its end. */
  sum: () => stage.strip.products().sum,
  strip: () => stage.strip.texts(),
  /** How many output cells the window has made. */
  made: () => (stage.way.made ? stage.way.made.reduce((all, one) => all + one, 0) : stage.show.count),
  /** The maps' boxes; a cell's box, in page pixels from the stage's corner. */
  seats: () => stage.easel.scene?.seats,
  /** @param {'input' | 'kernel' | 'output'} name @param {number} row @param {number} column padding counted */
  cell: (name, row, column) => stage.easel.box(name, row, column),
  /** What a map shows at a cell, padding counted, also while it is being painted.
   * @param {'input' | 'kernel' | 'output'} name @param {number} row @param {number} column */
  shown: (name, row, column) => stage.easel.grids?.[name].value(row, column),
  /** What the box over the kernel shows at a cell: of the window, or the one input that is painted.
   * @param {number} row @param {number} column */
  boxed: (row, column) => {
    const { show, place, depth, channel, easel } = stage
    const now = nowOf(show, { from: place, to: place, part: 0, depth, channel, terms: stage.strip.products().terms, lit: null })
    return easel.scene && easel.grids && patchGrid(easel.scene, easel.grids, now).value(row, column)
  },
  /** What the window sees, tap by tap; null where there is none. */
  patch: () => {
    const { rows, columns, seen } = stage.tableFacts()
    return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (__, column) => seen(row, column)?.value ?? null))
  },
  /** Draws a frame, for measuring. */
  frame: () => stage.paint(),
})
