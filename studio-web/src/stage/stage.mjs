import { handActs, keyActs, panelActs } from './acts.mjs'
import { build } from './dom.mjs'
import { Easel } from './easel.mjs'
import { indexOf, lift, lower, within } from './geometry.mjs'
import { hands } from './hands.mjs'
import { HELP, keysOf, scrollKeys } from './keys.mjs'
import { lookOf } from './look.mjs'
import { panels } from './panels.mjs'
import { readable } from './readable.mjs'
import { lostWords } from './scene.mjs'
import { createShow, nowOf, placeAt } from './show.mjs'
import { Strip } from './strip.mjs'
import { Telling } from './telling.mjs'
import { watch } from './watch.mjs'
import { Way } from './way.mjs'
import { placeWords } from './words.mjs'

/** @typedef {import('./show.mjs').StageView} StageView @typedef {import('./show.mjs').Show} Show */

/** What stands around the maps on a page: header, controls, a strip of products, in page pixels. */
const AROUND = 470
const LEAST_ROOM = 240

/** The stage of the Convolution tab: input, kernel and output on one line of sight, the window sliding over them.
 * @param {HTMLElement} el @param {import('../types').App} app */
export function createStage(el, app) {
  const stage = new Stage(el, app)
  return {
    draw: (/** @type {StageView} */ view) => stage.draw(view),
    keys: stage.keys,
    help: HELP,
    hide: () => stage.look({ shown: false }),
    show: () => stage.look({ shown: true }),
    destroy: () => stage.destroy(),
    /** @param {'png' | 'svg' | 'gif'} kind @returns {Promise<Blob>} */
    drawing: (kind) => stage.drawing(kind),
  }
}

export class Stage {
  /** @type {Show | null} */
  #show = null
  /** A place or channels that are looked at while the pointer rests there.
   * @type {{ place: number[] | null, channel: number | null, out: number | null }} */
  peek = { place: null, channel: null, out: null }
  /** Which of the kernel's slices is seen; whether the tables are; whether a drag carries the picture. */
  depth = 1
  table = false
  carries = false
  #isHeld = false
  #seen = { shown: true, near: true, open: !document.hidden }
  #width = 0
  /** @type {unknown[]} */
  #drawn = []

  /** @param {HTMLElement} el @param {import('../types').App} app */
  constructor(el, app) {
    this.app = app
    this.el = el
    this.dom = build(el)
    this.easel = new Easel(this.dom)
    this.strip = new Strip(this)
    this.telling = new Telling(this)
    this.way = new Way({ make: (index) => this.easel.make(this.show, index), slid: (isNext) => this.#slid(isNext) })
    this.acts = keyActs(this)
    this.keys = keysOf(this.acts)
    this.dom.scene.addEventListener('keydown', (event) => scrollKeys(this.acts, event))
    hands(this.dom.scene, handActs(this))
    this.stop = watch(this.dom.scene, {
      width: (pixels) => this.#resize(pixels),
      near: (near) => this.look({ near }),
      open: (open) => this.look({ open }),
      again: () => this.turn({}),
    })
    Object.assign(this.dom.theatre, { kaiyan: readable(this) })
  }

  /** @param {StageView} given */
  draw(given) {
    const before = this.#show?.view
    const deep = this.#show?.shape.sides[0].kernel
    const isCalm = this.way.calm.matches && given.playing && !before
    const view = isCalm ? { ...given, playing: false } : given
    if (isCalm) queueMicrotask(() => given.on.play(false))
    this.#show = createShow(view, this.#show)
    if (before?.zoom !== view.zoom) this.peek.place = null
    if (deep !== this.show.shape.sides[0].kernel) this.depth = this.show.shape.sides[0].kernel >> 1
    const isNew = this.way.begin(this.show, before)
    if (this.telling.isOther(view.place)) this.#jump(lift(Array.from({ length: this.show.shape.rank }, (_, i) => view.place[i] ?? 0)))
    if (isNew) this.way.pass()
    this.way.play(view)
    if (before) this.telling.again(before)
    this.paint(this.#isOther())
    this.panels()
  }

  /** @param {Partial<{ shown: boolean, near: boolean, open: boolean }>} seen nothing moves where nobody looks */
  look(seen) {
    Object.assign(this.#seen, seen)
    const { shown, near, open } = this.#seen
    this.way.look(shown && near && open)
  }

  destroy() {
    this.way.stop()
    this.stop()
    this.el.replaceChildren()
  }

  /** @param {'png' | 'svg' | 'gif'} kind */
  async drawing(kind) {
    const { drawing } = await this.app.bring(() => import('./drawing.mjs'))
    const { show, place, depth, channel, out, app } = this
    const facts = { show, place, depth, channel, out, t: app.t, look: lookOf(this.el), width: Math.max(this.#width, 288), room: room() }
    return drawing(kind, facts, (part) => app.tell(app.t('drawing: {percent} %', { percent: Math.round(100 * part) })))
  }

  /* where one looks */

  get show() {
    return /** @type {Show} */ (this.#show)
  }
  get place() {
    return this.peek.place ?? placeAt(this.show, this.way.moment.index)
  }
  get channel() {
    return this.peek.channel ?? this.show.front
  }
  get out() {
    return this.peek.out ?? this.show.view.out
  }

  /** The window goes to a place and stays there; the page and the reader are told. @param {number[]} place */
  put(place) {
    this.peek.place = null
    this.#jump(place)
    this.telling.tell(true)
    this.paint()
    this.panels()
  }

  pause() {
    if (this.show.view.playing) this.show.view.on.play(false)
  }

  /** All outputs up to one are made. @param {number} index */
  passed(index) {
    this.way.pass(index)
    this.paint(true)
  }

  /** The pointer rests on a tap or a place: the tap lights, a paused window looks at the place until the pointer goes.
   * @param {string | null} tap @param {number[] | null} place */
  rest(tap, place) {
    this.strip.rest(tap)
    const next = this.show.view.playing || this.carries ? null : place
    if (String(next) === String(this.peek.place)) return
    this.peek.place = next
    this.paint()
    this.panels()
  }

  /** @param {boolean} on a drag begins or ends */
  hold(on) {
    this.#isHeld = on
    if (!on) this.paint()
  }

  /** @param {Partial<{ depth: number, table: boolean, carries: boolean }>} changes of what is seen, not of the page's state */
  turn(changes) {
    Object.assign(this, changes)
    if (!this.#show) return
    this.paint(true)
    this.panels()
  }

  close() {
    if (this.carries) this.turn({ carries: false })
    else if (this.table) this.turn({ table: false })
  }

  /** @param {number[]} place */
  #jump(place) {
    this.way.go(indexOf(within(place, this.show.sizes), this.show.sizes))
  }

  /** @param {boolean} isNext */
  #slid(isNext) {
    this.paint()
    if (!isNext) return
    this.telling.tell(false)
    this.panels()
  }

  /* drawing */

  /** @param {boolean} [all] whether what stands still is drawn again */
  paint(all = false) {
    if (!this.#show) return
    const { place, depth, channel, out, peek, way: { made, moment }, strip } = this
    const moves = !peek.place && moment.part > 0
    this.easel.paint(this.show, {
      place, depth, channel, out, made, all, to: moves ? placeAt(this.show, moment.next) : place, part: moves ? moment.part : 0,
      terms: strip.products().terms, lit: strip.lit, t: this.app.t, width: this.#width, room: room(), holds: peek.place !== null || this.#isHeld,
    })
  }

  /** Whether anything but the window's place is other than what is drawn. */
  #isOther() {
    const { view } = this.show
    const { lang } = this.app.store.state
    const { theme } = lookOf(this.el)
    const now = [view.conv, view.input, view.weight, view.output, view.out, view.channel, view.zoom, view.view, view.isReady, lang, theme]
    const isOther = now.some((one, i) => one !== this.#drawn[i])
    this.#drawn = now
    return isOther
  }

  /** @param {number} width */
  #resize(width) {
    if (width === this.#width) return
    this.#width = width
    this.strip.forget()
    this.turn({})
  }

  /** All around the canvases. */
  panels() {
    const { show, way, depth, carries, app, easel } = this
    this.strip.draw(way.slides)
    panels(this.dom, app, {
      show, playing: show.view.playing, index: way.moment.index, place: placeWords(app.t, lower(this.place, show.shape.rank)),
      depth, channel: show.front, table: this.table ? this.tableFacts() : null, carries, theme: lookOf(this.el).theme,
      words: this.telling.words(), lost: easel.scene ? lostWords(easel.scene) : '',
    }, panelActs(this))
  }

  tableFacts() {
    const { place, depth, channel } = this
    const { terms, sum } = this.strip.products()
    const { seen } = nowOf(this.show, { from: place, to: place, part: 0, depth, channel, terms, lit: null })
    const { rows, columns, numbers } = /** @type {import('./scene.mjs').Scene} */ (this.easel.scene).sheets.kernel
    const weight = (/** @type {number} */ row, /** @type {number} */ column) => numbers[row * columns + column]
    return { rows, columns, seen, weight, sum, words: this.telling.words() }
  }
}

/** The height that maps may take. */
const room = () => Math.min(Math.max(innerHeight - AROUND, LEAST_ROOM), 1600)
