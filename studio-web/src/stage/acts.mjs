import { lower } from './geometry.mjs'
import { edit } from './editor.mjs'
import { weightStart } from './maps.mjs'
import { keyOf } from './products.mjs'
import { moved, placeAt, placeNear } from './show.mjs'
import { placeWords } from './words.mjs'

/** What keys, hands and buttons do to a stage.
 * @typedef {import('./stage.mjs').Stage} Stage @typedef {import('./hands.mjs').Spot} Spot */

const MOST_ZOOM = 64
const ZOOM_STEP = 1.5

/** @param {Stage} stage @returns {import('./keys.mjs').Acts & { scrub(index: number): void }} */
export function keyActs(stage) {
  const go = (/** @type {number[]} */ place) => {
    stage.pause()
    stage.put(place)
  }
  const here = () => placeAt(stage.show, stage.way.moment.index)
  const on = () => stage.show.view.on
  return {
    move: (axis, by) => (stage.carries ? shift(stage, axis === 1 ? by : 0, axis === 2 ? by : 0) : go(moved(stage.show, here(), axis, by))),
    end: (last) => go(moved(stage.show, here(), 2, last ? Infinity : -Infinity)),
    page: (by) => go(stage.show.shape.rank === 3 ? moved(stage.show, here(), 0, by) : moved(stage.show, here(), 1, 10 * by)),
    play: () => on().play(),
    step: (by) => go(placeAt(stage.show, turn(stage.way.moment.index + by, stage.show.count))),
    scrub: (index) => {
      stage.passed(index)
      go(placeAt(stage.show, index))
    },
    zoom: (by) => on().zoom(Math.min(Math.max(stage.show.view.zoom * ZOOM_STEP ** by, 1), MOST_ZOOM)),
    open: () => {
      stage.pause()
      stage.strip.focus()
    },
    close: () => stage.close(),
    channel: (by) => {
      const { front, feeds } = stage.show
      on().channel(feeds.first + turn(front - feeds.first + by, feeds.end - feeds.first))
    },
    out: (by) => on().out(turn(stage.show.view.out + by, stage.show.view.output.shape[0])),
  }
}

/** @param {Stage} stage @returns {import('./panels.mjs').Acts} */
export function panelActs(stage) {
  const on = () => stage.show.view.on
  const change = (/** @type {object} */ changes) => stage.app.store.change('convolution', changes)
  return {
    ...stage.acts,
    speed: (speed) => (on().speed ?? ((value) => change({ speed: value })))(speed),
    view: (view) => (on().view ?? ((value) => change({ view: value })))(view),
    depth: (depth) => stage.turn({ depth }),
    table: () => stage.turn({ table: !stage.table }),
    drag: () => stage.turn({ carries: !stage.carries }),
    peek: (name, at) => {
      stage.peek[name] = at
      stage.turn({})
    },
    choose: (name, at) => {
      stage.peek[name] = null
      on()[name](at)
    },
  }
}

/** @param {Stage} stage @returns {import('./hands.mjs').Acts} */
export function handActs(stage) {
  let carried = [0, 0]
  const near = (/** @type {Spot} */ { name, row, column }) =>
    name === 'input' || name === 'output' ? placeNear(stage.show, name, row, column, placeAt(stage.show, stage.way.moment.index)) : null
  return {
    spot: (x, y) => stage.easel.spot(x, y),
    look: (spot) => stage.rest(spot && tapAt(stage, spot), spot && near(spot)),
    put: (spot) => {
      const place = near(spot)
      if (!place) return
      stage.pause()
      stage.put(place)
    },
    edit: (spot) => change(stage, spot),
    carries: () => stage.carries,
    carry: (rows, columns, start) => {
      const { view } = stage.show
      if (start) carried = [...view.shift]
      const next = /** @type {[number, number]} */ ([carried[0] + rows, carried[1] + columns])
      if (String(next) !== String(view.shift)) view.on.shift(next)
    },
    cell: () => {
      const { cell = 1, tall = cell } = stage.easel.grids?.input ?? {}
      return [cell, tall]
    },
    zoom: (by) => stage.acts.zoom(by),
    hold: (on) => stage.hold(on),
  }
}

/** The key of the product at a cell of the kernel or of what the window sees.
 * @param {Stage} stage @param {Spot} spot */
function tapAt({ show, easel, channel }, { name, row, column }) {
  if (name !== 'kernel' && name !== 'patch') return null
  return keyOf(channel, lower([easel.scene?.slices[1] ?? 0, row, column], show.shape.rank))
}

/** A field over a cell of the kernel. @param {Stage} stage @param {Spot} spot */
function change({ show, easel, app, dom, channel, out }, { row, column }) {
  const { view, shape } = show
  const box = easel.box('kernel', row, column)
  if (!box || !easel.scene) return
  const [depth, rows, columns] = shape.sides.map(({ kernel }) => kernel)
  const slice = easel.scene.slices[1]
  const index = weightStart(view.conv, out, channel, depth * rows * columns) + (slice * rows + row) * columns + column
  const label = app.t('kernel, {place}', { place: placeWords(app.t, lower([slice, row, column], shape.rank)) })
  edit(dom.scene, box, view.weight.data[index], label, (value) => view.on.kernel(index, value))
}

/** @param {Stage} stage @param {number} down @param {number} across */
function shift({ show: { view } }, down, across) {
  view.on.shift([view.shift[0] + down, view.shift[1] + across])
}

/** @param {number} at @param {number} all */
const turn = (at, all) => ((at % all) + all) % all
