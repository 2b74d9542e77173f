import { short } from '../core/number.mjs'
import { handActs, keyActs, panelActs } from './acts.mjs'
import { build } from './dom.mjs'
import { drawing } from './drawing.mjs'
import { Easel } from './easel.mjs'
import { indexOf, lift, lower, within } from './geometry.mjs'
import { hands } from './hands.mjs'
import { HELP, keysOf, scrollKeys } from './keys.mjs'
import { lookOf } from './look.mjs'
import { channelOf } from './maps.mjs'
import { panels } from './panels.mjs'
import { createPlayer } from './player.mjs'
import { count } from './products.mjs'
import { readable } from './readable.mjs'
import { lostWords } from './scene.mjs'
import { createShow, nowOf, placeAt, sumAt } from './show.mjs'
import { createSum } from './sum.mjs'
import { watch } from './watch.mjs'
import { inputWords, outputWords, placeWords } from './words.mjs'

/** @typedef {import('./show.mjs').StageView} StageView @typedef {import('./show.mjs').Show} Show
 * @typedef {ReturnType<typeof sumAt> & { key: string, show: Show, isDrawn: boolean }} Products */

/** How often the page hears where the window is while it slides, in milliseconds. */
const TELL_EVERY = 300
/** How often the strip changes while the window is faster than one can read. */
const STRIP_EVERY = 90
const READABLE_SPEED = 3
/** What stands around the maps on a page: header, controls, a strip of products, in page pixels. */
const AROUND = 400
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
  /** Which output cells the window has passed; null: all. @type {Uint8Array | null} */
  made = null
  /** @type {import('./player.mjs').Moment} */
  moment = { index: 0, next: 0, part: 0 }
  /** A place or channels that are looked at while the pointer rests there.
   * @type {{ place: number[] | null, channel: number | null, out: number | null }} */
  peek = { place: null, channel: null, out: null }
  /** Which of the kernel's slices is seen; whether the tables are; whether a drag carries the picture. */
  depth = 1
  table = false
  carries = false
  /** @type {string | null} */
  #lit = null
  /** @type {Products | null} */
  #products = null
  #isHeld = false
  #told = { place: '', at: 0 }
  #seen = { shown: true, near: true, open: !document.hidden }
  #width = 0
  /** @type {unknown[]} */
  #drawn = []
  #stripAt = 0

  /** @param {HTMLElement} el @param {import('../types').App} app */
  constructor(el, app) {
    this.app = app
    this.el = el
    this.dom = build(el)
    this.easel = new Easel(this.dom)
    this.calm = matchMedia('(prefers-reduced-motion: reduce)')
    this.strip = createSum(this.dom.sum, app, {
      light: (key) => this.#light(key),
      close: () => this.dom.scene.focus(),
      holder: () => this.app.t('the output at {place}, counted from 0', { place: placeWords(this.app.t, lower(this.place, this.show.shape.rank)) }),
    })
    this.player = createPlayer((moment, before) => this.#slid(moment, before))
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
    const isCalm = this.calm.matches && given.playing && !before
    const view = isCalm ? { ...given, playing: false } : given
    if (isCalm) queueMicrotask(() => given.on.play(false))
    this.#show = createShow(view, this.#show)
    if (before?.zoom !== view.zoom) this.peek.place = null
    if (deep !== this.show.shape.sides[0].kernel) this.depth = this.show.shape.sides[0].kernel >> 1
    const isNew = this.#begin(before)
    this.player.size(this.show.count)
    this.#follow(view.place)
    if (isNew) this.made?.fill(1, 0, this.player.at())
    this.player.play(view.playing, view.speed)
    if (!this.player.moving()) this.#still()
    if (before) this.#retell(before)
    this.paint(this.#isOther())
    this.panels()
  }

  /** @param {Partial<{ shown: boolean, near: boolean, open: boolean }>} seen nothing moves where nobody looks */
  look(seen) {
    Object.assign(this.#seen, seen)
    const { shown, near, open } = this.#seen
    this.player.look(shown && near && open)
  }

  destroy() {
    this.player.stop()
    this.stop()
    this.el.replaceChildren()
  }

  /** @param {'png' | 'svg' | 'gif'} kind */
  drawing(kind) {
    const { show, place, depth, channel, out, app } = this
    const facts = { show, place, depth, channel, out, t: app.t, look: lookOf(this.el), width: Math.max(this.#width, 288), room: room() }
    return drawing(kind, facts, (part) => app.tell(app.t('drawing: {percent} %', { percent: Math.round(100 * part) })))
  }

  /* where one looks */

  get show() {
    return /** @type {Show} */ (this.#show)
  }
  get place() {
    return this.peek.place ?? placeAt(this.show, this.moment.index)
  }
  get channel() {
    return this.peek.channel ?? this.show.front
  }
  get out() {
    return this.peek.out ?? this.show.view.out
  }

  /** The products at the place that is shown. @returns {Products} */
  products() {
    const { show, place, out, channel } = this
    const key = String([place, out, show.spreads && channel])
    if (this.#products?.show !== show || this.#products.key !== key) {
      const seen = out === show.view.out ? show : createShow({ ...show.view, out })
      this.#products = { ...sumAt(seen, place, channel), key, show, isDrawn: false }
    }
    return this.#products
  }

  /** The window goes to a place and stays there; the page and the reader are told. @param {number[]} place */
  put(place) {
    this.peek.place = null
    this.#jump(place)
    this.#tell(true)
    this.paint()
    this.panels()
  }

  pause() {
    if (this.show.view.playing) this.show.view.on.play(false)
  }

  /** All outputs up to one are made. @param {number} index */
  passed(index) {
    if (!this.made) return
    this.made.fill(1, 0, index + 1)
    this.paint(true)
  }

  /** The pointer rests on a tap or a place: the tap lights, a paused window looks at the place until the pointer goes.
   * @param {string | null} tap @param {number[] | null} place */
  rest(tap, place) {
    if (tap !== this.#lit) {
      this.strip.light(tap)
      this.#light(tap)
    }
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

  /** @param {string | null} key */
  #light(key) {
    this.#lit = key
    this.paint()
  }

  /* the way of the window */

  /** A first pass begins where the sizes are new, what lies before the window counting as made; a change of numbers shows all.
   * @param {StageView | undefined} before */
  #begin(before) {
    const { view, spreads } = this.show
    const isNew = !before || String(before.output.shape) !== String(view.output.shape) || before.conv.transposed !== view.conv.transposed
    if (isNew) this.made = view.playing && !spreads ? new Uint8Array(channelOf(view.output, 0).length) : null
    else if (before.output !== view.output) this.made = null
    return isNew
  }

  /** The page's place, unless it is what this stage has said itself. @param {number[]} place */
  #follow(place) {
    if (String(place) === this.#told.place) return
    this.#told.place = String(place)
    this.#jump(lift(Array.from({ length: this.show.shape.rank }, (_, i) => place[i] ?? 0)))
  }

  /** @param {number[]} place */
  #jump(place) {
    this.player.go(indexOf(within(place, this.show.sizes), this.show.sizes))
    this.#still()
  }

  #still() {
    const index = this.player.at()
    this.moment = { index, next: index, part: 0 }
    this.#make(index)
  }

  /** @param {import('./player.mjs').Moment} moment @param {number} before */
  #slid(moment, before) {
    this.moment = this.calm.matches ? { ...moment, part: 0 } : moment
    const { index } = moment
    if (index < before) this.made = null
    for (let at = before + 1; at <= index; at++) this.#make(at)
    this.paint()
    if (index === before) return
    this.#tell(false)
    this.panels()
  }

  /** @param {number} index */
  #make(index) {
    if (!this.made || this.made[index]) return
    this.made[index] = 1
    this.easel.make(this.show, index)
  }

  /* what is said */

  /** Says where the window is: to the page always when it stands, now and then while it slides. @param {boolean} stands */
  #tell(stands) {
    const { view, shape } = this.show
    const time = performance.now()
    if (!stands && time - this.#told.at < TELL_EVERY) return
    const place = lower(placeAt(this.show, this.moment.index), shape.rank)
    if (String(place) !== this.#told.place) {
      this.#told = { place: String(place), at: time }
      view.on.place(place)
    }
    if (stands && !view.playing) this.app.tell(this.words())
  }

  /** What changed under a window that stands, or where it stopped. @param {StageView} before */
  #retell(before) {
    const { view } = this.show
    if (view.playing) return
    if (before.playing) this.#tell(true)
    if (before.output === view.output && before.out === view.out && before.channel === view.channel) return
    const front = before.channel === view.channel ? '' : this.app.t('input channel {c} in front; ', { c: view.channel })
    this.app.tell(front + this.words())
  }

  /** What the eye sees, in a sentence. */
  words() {
    const { show, out, app: { t } } = this
    const place = lower(this.place, show.shape.rank)
    const { sum } = this.products()
    const products = sum.parts.flatMap((part) => part.products)
    if (show.spreads) return inputWords(t, { place, products: count(sum), value: short(products[0]?.value ?? 0) })
    const padding = products.filter((product) => product.padding).length
    const channels = show.view.output.shape[0]
    return outputWords(t, { place, products: count(sum), channel: out, channels, value: short(sum.shown), padding, bias: sum.bias !== null })
  }

  /* drawing */

  /** @param {boolean} [all] whether what stands still is drawn again */
  paint(all = false) {
    if (!this.#show) return
    const { place, depth, channel, out, made, peek, moment } = this
    const moves = !peek.place && moment.part > 0
    this.easel.paint(this.show, {
      place, depth, channel, out, made, all, to: moves ? placeAt(this.show, moment.next) : place, part: moves ? moment.part : 0,
      terms: this.products().terms, lit: this.#lit, t: this.app.t, width: this.#width, room: room(), holds: peek.place !== null || this.#isHeld,
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
    this.#products = null
    this.turn({})
  }

  /** All around the canvases. */
  panels() {
    const { show, moment, depth, carries, app, easel } = this
    this.#drawStrip()
    panels(this.dom, app, {
      show, playing: show.view.playing, index: moment.index, place: placeWords(app.t, lower(this.place, show.shape.rank)),
      depth, channel: show.front, table: this.table ? this.tableFacts() : null, carries, theme: lookOf(this.el).theme,
      words: this.words(), lost: easel.scene ? lostWords(easel.scene) : '',
    }, panelActs(this))
  }

  #drawStrip() {
    const products = this.products()
    const { playing, speed } = this.show.view
    const time = performance.now()
    const pause = playing && this.player.moving() && speed > READABLE_SPEED ? STRIP_EVERY : 0
    if (products.isDrawn || time - this.#stripAt < pause) return
    products.isDrawn = true
    this.#stripAt = time
    this.strip.draw(products.sum, this.channel)
  }

  tableFacts() {
    const { place, depth, channel } = this
    const { terms, sum } = this.products()
    const { seen } = nowOf(this.show, { from: place, to: place, part: 0, depth, channel, terms, lit: null })
    const { rows, columns, numbers } = /** @type {import('./scene.mjs').Scene} */ (this.easel.scene).sheets.kernel
    const weight = (/** @type {number} */ row, /** @type {number} */ column) => numbers[row * columns + column]
    return { rows, columns, seen, weight, sum, words: this.words() }
  }
}

/** The height that maps may take. */
const room = () => Math.min(Math.max(innerHeight - AROUND, LEAST_ROOM), 1600)
