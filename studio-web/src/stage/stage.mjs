import { short } from '../core/number.mjs'
import { build } from './dom.mjs'
import { drawing } from './drawing.mjs'
import { edit } from './editor.mjs'
import { indexOf, lower } from './geometry.mjs'
import { boxOf, cellAt } from './grid.mjs'
import { hands } from './hands.mjs'
import { HELP, keysOf, scrollKeys } from './keys.mjs'
import { lookOf } from './look.mjs'
import { channelOf, weightStart } from './maps.mjs'
import { drawMoving } from './moving.mjs'
import { panels } from './panels.mjs'
import { fit } from './pen.mjs'
import { createPlayer } from './player.mjs'
import { count, keyOf } from './products.mjs'
import { drawBase, gridsOf, lostWords, redrawCell } from './scene.mjs'
import { createShow, moved, nowOf, placeAt, placeNear, sceneOf, sumAt } from './show.mjs'
import { createSum } from './sum.mjs'
import { inputWords, outputWords, placeWords } from './words.mjs'

/** @typedef {import('./show.mjs').StageView} StageView @typedef {import('./player.mjs').Moment} Moment */

/** How often the page hears where the window is while it slides, in milliseconds. */
const TELL_EVERY = 300
/** How often the strip changes while the window is faster than one can read. */
const STRIP_EVERY = 90
const MOST_ZOOM = 64
/** What stands around the maps on a page: header, controls, a strip of products, in page pixels. */
const AROUND = 400

/** The stage of the Convolution tab: input, kernel and output on one line of sight, the window sliding over them.
 * @param {HTMLElement} el @param {import('../types').App} app */
export function createStage(el, app) {
  const stage = new Stage(el, app)
  return {
    draw: (/** @type {StageView} */ view) => stage.draw(view),
    keys: stage.keys,
    help: HELP,
    hide: () => stage.look(false),
    show: () => stage.look(true),
    destroy: () => stage.destroy(),
    /** @param {'png' | 'svg' | 'gif'} kind @returns {Promise<Blob>} */
    drawing: (kind) => stage.drawing(kind),
  }
}

class Stage {
  /** @type {import('./show.mjs').Show | null} */
  #show = null
  /** @type {ReturnType<typeof sceneOf> | null} */
  #scene = null
  /** @type {import('./scene.mjs').Grids | null} */
  #grids = null
  /** Which output cells the window has passed; null: all. @type {Uint8Array | null} */
  #made = null
  /** @type {Moment} */
  #moment = { index: 0, next: 0, part: 0 }
  /** A place or channels that are looked at while the pointer rests there. */
  #peek = { place: /** @type {number[] | null} */ (null), channel: /** @type {number | null} */ (null), out: /** @type {number | null} */ (null) }
  /** @type {string | null} */
  #lit = null
  /** @type {(ReturnType<typeof sumAt> & { key: string, at: number, show: import('./show.mjs').Show }) | null} */
  #sum = null
  /** The window that a zoomed map is seen around: not the one that the pointer looks at or drags.
   * @type {import('./geometry.mjs').Windows | null} */
  #anchor = null
  #held = false
  #depth = 1
  #key = ''
  #table = false
  #carries = false
  #carried = /** @type {[number, number]} */ ([0, 0])
  #told = { place: '', at: 0 }
  #seen = { shown: true, near: true, open: !document.hidden }
  #width = 0
  /** @type {unknown[]} */
  #drawn = []
  #stripAt = 0
  /** @type {(() => void)[]} */
  stops = []

  /** @param {HTMLElement} el @param {import('../types').App} app */
  constructor(el, app) {
    this.app = app
    this.el = el
    this.dom = build(el)
    this.calm = matchMedia('(prefers-reduced-motion: reduce)')
    this.dark = matchMedia('(prefers-color-scheme: dark)')
    this.strip = createSum(this.dom.sum, app, {
      light: (key) => this.#light(key, false),
      close: () => this.dom.scene.focus(),
      holder: () => this.#holder(),
    })
    this.player = createPlayer((moment, before) => this.#slid(moment, before))
    this.acts = this.#acts()
    this.keys = keysOf(this.acts)
    this.dom.scene.addEventListener('keydown', (event) => scrollKeys(this.acts, event))
    hands(this.dom.scene, this.#hands())
    this.#watch()
    Object.assign(this.dom.theatre, { kaiyan: this.#readable() })
  }

  /** @param {StageView} given */
  draw(given) {
    const before = this.#show?.view
    const view = this.calm.matches && given.playing && !before ? { ...given, playing: false } : given
    if (view !== given) queueMicrotask(() => given.on.play(false))
    this.#show = createShow(view, this.#show)
    if (before && before.zoom !== view.zoom) this.#peek.place = null
    if (!before || String(before.output.shape) !== String(view.output.shape) || before.conv.transposed !== view.conv.transposed)
      this.#made = view.playing && !this.#show.spreads ? new Uint8Array(channelOf(view.output, 0).length) : null
    else if (before.output !== view.output) this.#made = null
    if (!before) this.#depth = this.#show.shape.sides[0].kernel >> 1
    this.player.size(this.#show.count)
    this.#follow(view.place)
    this.player.play(view.playing, view.speed)
    if (before) this.#retell(before, view)
    if (!this.player.moving()) this.#still()
    this.#paint(this.#isOther(view))
    this.#panels()
  }

  /** Whether anything but the window's place is other than what is drawn. @param {StageView} view */
  #isOther(view) {
    const { conv, input, weight, output, out, channel, zoom, isReady } = view
    const { lang, theme } = this.app.store.state
    const now = [conv, input, weight, output, out, channel, zoom, isReady, view.view, view.playing, lang, theme, this.dark.matches, this.#made === null]
    const other = now.some((one, i) => one !== this.#drawn[i])
    this.#drawn = now
    return other
  }

  /** @param {boolean} yes */
  look(yes) {
    this.#seen.shown = yes
    this.#looked()
  }

  destroy() {
    this.player.stop()
    for (const stop of this.stops) stop()
    this.el.replaceChildren()
  }

  /** @param {'png' | 'svg' | 'gif'} kind */
  drawing(kind) {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    const facts = {
      show, place: this.#place(), depth: this.#depth, channel: this.#channel(), out: this.#out(), t: this.app.t, look: lookOf(this.el),
      width: Math.max(this.#width, 288), room: this.#room(),
    }
    return drawing(kind, facts, (part) => this.app.tell(this.app.t('drawing: {percent} %', { percent: Math.round(100 * part) })))
  }

  /* where one looks */

  #place() {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    return this.#peek.place ?? placeAt(show, this.#moment.index)
  }
  #channel() {
    return this.#peek.channel ?? this.#show?.front ?? 0
  }
  #out() {
    return this.#peek.out ?? this.#show?.view.out ?? 0
  }
  #room() {
    return Math.min(Math.max(innerHeight - AROUND, 240), 1600)
  }

  /** The page's place, unless it is what this stage has said itself. @param {number[]} place */
  #follow(place) {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    if (String(place) === this.#told.place && this.#moment.index < show.count) return
    this.#told.place = String(place)
    const at = Array.from({ length: show.shape.rank }, (_, i) => place[i] ?? 0)
    this.#jump([...Array(3 - at.length).fill(0), ...at])
  }

  /** @param {number[]} place */
  #jump(place) {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    const inside = place.map((at, i) => Math.min(Math.max(Math.round(at), 0), show.sizes[i] - 1))
    this.player.go(indexOf(inside, show.sizes))
    this.#still()
  }

  #still() {
    const index = this.player.at()
    this.#moment = { index, next: index, part: 0 }
    if (this.#made && index < this.#made.length) this.#made[index] = 1
  }

  /** The window goes to a place and stays there; the page and the reader are told. @param {number[]} place */
  #put(place) {
    this.#peek.place = null
    this.#jump(place)
    this.#tell(true)
    this.#paint()
    this.#panels()
  }

  /* sliding */

  /** @param {Moment} moment @param {number} before */
  #slid(moment, before) {
    this.#moment = this.calm.matches ? { ...moment, part: 0 } : moment
    if (moment.index !== before) this.#passed(before, moment.index)
    this.#paint()
    if (moment.index === before) return
    this.#tell(false)
    this.#panels()
  }

  /** @param {number} before @param {number} index */
  #passed(before, index) {
    if (!this.#made) return
    if (index < before) {
      this.#made = null
      this.#grids = null
      return
    }
    for (let at = before + 1; at <= index; at++) this.#make(at)
  }

  /** @param {number} at */
  #make(at) {
    const [made, show, grids] = [this.#made, this.#show, this.#grids]
    if (!made || !show || made[at]) return
    made[at] = 1
    const [slice, row, column] = placeAt(show, at)
    if (!grids || !this.#scene || slice !== this.#scene.slices[2]) return
    redrawCell(this.#basePen(), show.shape.rank, grids.output, row + (grids.output.own?.top ?? 0), column + (grids.output.own?.left ?? 0))
  }

  /** Says where the window is: to the page always when it stands, now and then while it slides. @param {boolean} once */
  #tell(once) {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    const time = performance.now()
    if (!once && time - this.#told.at < TELL_EVERY) return
    const place = lower(placeAt(show, this.#moment.index), show.shape.rank)
    if (String(place) !== this.#told.place) {
      this.#told = { place: String(place), at: time }
      show.view.on.place(place)
    }
    if (once && !show.view.playing) this.app.tell(this.#words())
  }

  /** What changed under a window that stands. @param {StageView} before @param {StageView} view */
  #retell(before, view) {
    if (view.playing || (before.output === view.output && before.out === view.out && before.channel === view.channel)) return
    const front = before.channel === view.channel ? '' : this.app.t('input channel {c} in front; ', { c: view.channel })
    this.app.tell(front + this.#words())
  }

  #words() {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    const place = lower(this.#place(), show.shape.rank)
    const { sum } = this.#products()
    const products = sum.parts.flatMap((part) => part.products)
    const facts = { place, products: count(sum) }
    if (show.spreads) return inputWords(this.app.t, { ...facts, value: short(products[0]?.value ?? 0) })
    const padding = products.filter((product) => product.padding).length
    return outputWords(this.app.t, {
      ...facts, channel: this.#out(), channels: show.view.output.shape[0], value: short(sum.shown), padding, bias: sum.bias !== null,
    })
  }

  #holder() {
    const show = this.#show
    return show ? this.app.t('the output cell at {place}', { place: placeWords(this.app.t, lower(this.#place(), show.shape.rank)) }) : ''
  }

  /* drawing */

  /** @param {boolean} [all] whether what stands still is drawn again */
  #paint(all = false) {
    const show = this.#show
    if (!show || this.#width < 1) return
    const place = this.#place()
    const { terms } = this.#products()
    const moving = !this.#peek.place && this.#moment.part > 0
    const now = nowOf(show, {
      from: place, to: moving ? placeAt(show, this.#moment.next) : place, part: moving ? this.#moment.part : 0,
      depth: this.#depth, channel: this.#channel(), terms, lit: this.#lit,
    })
    const grids = this.#base(show, place, now, all)
    const scene = /** @type {import('./scene.mjs').Scene} */ (this.#scene)
    const pen = fit(this.dom.over, scene.seats.width, scene.seats.height)
    pen.clearRect(0, 0, scene.seats.width, scene.seats.height)
    drawMoving(pen, scene, grids, now)
  }

  /** What stands still, drawn again only where it must.
   * @param {import('./show.mjs').Show} show @param {number[]} place @param {import('./moving.mjs').Now} now @param {boolean} all */
  #base(show, place, now, all) {
    const slices = [now.windows.input[0], now.windows.kernel[0], now.windows.output[0]].map(({ from }) => from)
    const key = String([slices, this.#depth, this.#channel(), this.#out(), this.#width, show.spreads ? this.#moment.index : '', this.#peek.place && show.spreads])
    if (all || !this.#scene || key !== this.#key) {
      this.#key = key
      this.#scene = sceneOf(show, {
        place, depth: this.#depth, channel: this.#channel(), out: this.#out(), t: this.app.t, look: lookOf(this.el),
        width: this.#width, room: this.#room(), ratio: devicePixelRatio || 1, made: this.#made,
      })
      this.#grids = null
    }
    if (this.#made === null && !show.spreads) this.#scene.made = undefined
    if (!this.#anchor || !(this.#peek.place || this.#held)) this.#anchor = now.windows
    const grids = gridsOf(this.#scene, this.#anchor)
    const last = this.#grids
    const still = last && [grids.input, grids.output].every((grid, i) => {
      const was = [last.input, last.output][i]
      return was.left === grid.left && was.top === grid.top && was.cell === grid.cell
    })
    this.#grids = grids
    if (!still) drawBase(this.#basePen(), this.#scene, grids)
    return grids
  }

  #basePen() {
    const { seats } = /** @type {import('./scene.mjs').Scene} */ (this.#scene)
    return fit(this.dom.base, seats.width, seats.height)
  }

  /** The products at the place that is shown.
   * @returns {ReturnType<typeof sumAt> & { key: string, at: number, show: import('./show.mjs').Show }} */
  #products() {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    const place = this.#place()
    const key = String([place, this.#out(), show.spreads && this.#channel()])
    if (this.#sum?.show === show && this.#sum.key === key) return this.#sum
    const seen = this.#out() === show.view.out ? show : createShow({ ...show.view, out: this.#out() })
    this.#sum = { ...sumAt(seen, place, this.#channel()), key, show, at: 0 }
    return this.#sum
  }

  /* panels */

  #panels() {
    const show = this.#show
    if (!show) return
    this.#drawStrip(show)
    const place = lower(this.#place(), show.shape.rank)
    panels(this.dom, this.app, {
      show, playing: this.player.moving() || show.view.playing, index: this.#moment.index, place: placeWords(this.app.t, place),
      depth: this.#depth, channel: show.front, table: this.#table ? this.#tableFacts() : null, carries: this.#carries,
      theme: lookOf(this.el).theme, words: this.#words(), lost: this.#scene ? lostWords(this.#scene) : '',
    }, this.#panelActs)
  }

  /** @param {import('./show.mjs').Show} show */
  #drawStrip(show) {
    const facts = this.#products()
    const time = performance.now()
    const pause = show.view.playing && this.player.moving() && show.view.speed > 3 ? STRIP_EVERY : 0
    if (facts.at || time - this.#stripAt < pause) return
    facts.at = time
    this.#stripAt = time
    this.strip.draw(facts.sum, this.#channel())
  }

  #tableFacts() {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    const place = this.#place()
    const { terms, sum } = this.#products()
    const now = nowOf(show, { from: place, to: place, part: 0, depth: this.#depth, channel: this.#channel(), terms, lit: null })
    const { rows, columns, numbers } = /** @type {import('./scene.mjs').Scene} */ (this.#scene).sheets.kernel
    return { rows, columns, seen: now.seen, weight: (/** @type {number} */ row, /** @type {number} */ column) => numbers[row * columns + column], sum, words: this.#words() }
  }

  /** A tap is pointed at: it lights on input, window and kernel, and its chip. @param {string | null} key @param {boolean} chip */
  #light(key, chip) {
    this.#lit = key
    if (chip) this.strip.light(key)
    this.#paint()
  }

  #acts() {
    const show = () => /** @type {import('./show.mjs').Show} */ (this.#show)
    const on = () => show().view.on
    const here = () => placeAt(show(), this.#moment.index)
    const pause = () => show().view.playing && on().play(false)
    const go = (/** @type {number[]} */ place) => {
      pause()
      this.#put(place)
    }
    return {
      move: (/** @type {number} */ axis, /** @type {number} */ by) => {
        if (this.#carries) this.#shift(axis === 1 ? by : 0, axis === 2 ? by : 0)
        else go(moved(show(), here(), axis, by))
      },
      end: (/** @type {boolean} */ last) => go(moved(show(), here(), 2, last ? 1e9 : -1e9)),
      page: (/** @type {number} */ by) => go(show().shape.rank === 3 ? moved(show(), here(), 0, by) : moved(show(), here(), 1, 10 * by)),
      play: () => on().play(!show().view.playing),
      step: (/** @type {number} */ by) => go(placeAt(show(), (this.#moment.index + by + show().count) % show().count)),
      scrub: (/** @type {number} */ index) => {
        if (this.#made) this.#made.fill(1, 0, index + 1)
        this.#scene = null
        go(placeAt(show(), index))
      },
      zoom: (/** @type {number} */ by) => on().zoom(Math.min(Math.max(show().view.zoom * 1.5 ** by, 1), MOST_ZOOM)),
      open: () => {
        pause()
        this.strip.focus()
      },
      close: () => {
        if (this.#carries) this.#carries = false
        else if (this.#table) this.#table = false
        this.#panels()
      },
      channel: (/** @type {number} */ by) => on().channel(turn(show().front + by - show().feeds.first, show().feeds.end - show().feeds.first) + show().feeds.first),
      out: (/** @type {number} */ by) => on().out(turn(show().view.out + by, show().view.output.shape[0])),
    }
  }

  get #panelActs() {
    const on = /** @type {import('./show.mjs').Show} */ (this.#show).view.on
    const change = (/** @type {object} */ changes) => this.app.store.change('convolution', changes)
    return {
      ...this.acts,
      speed: (/** @type {number} */ speed) => (on.speed ? on.speed(speed) : change({ speed })),
      view: (/** @type {'gather' | 'scatter'} */ view) => (on.view ? on.view(view) : change({ view })),
      depth: (/** @type {number} */ at) => {
        this.#depth = at
        this.#paint(true)
        this.#panels()
      },
      table: () => {
        this.#table = !this.#table
        this.#panels()
      },
      drag: () => {
        this.#carries = !this.#carries
        this.#panels()
      },
      peek: (/** @type {'channel' | 'out'} */ name, /** @type {number | null} */ at) => {
        this.#peek[name] = at
        this.#paint(true)
        this.#panels()
      },
      choose: (/** @type {'channel' | 'out'} */ name, /** @type {number} */ at) => {
        this.#peek[name] = null
        on[name](at)
      },
    }
  }

  /** @param {number} down @param {number} across */
  #shift(down, across) {
    const { view } = /** @type {import('./show.mjs').Show} */ (this.#show)
    view.on.shift([view.shift[0] + down, view.shift[1] + across])
  }

  /** @returns {import('./hands.mjs').Acts} */
  #hands() {
    const show = () => /** @type {import('./show.mjs').Show} */ (this.#show)
    const near = (/** @type {import('./hands.mjs').Spot} */ { name, row, column }) =>
      name === 'input' || name === 'output' ? placeNear(show(), name, row, column, placeAt(show(), this.#moment.index)) : null
    return {
      spot: (x, y) => this.#spot(x, y),
      look: (spot) => this.#rest(spot, spot && near(spot)),
      put: (spot) => {
        const place = near(spot)
        if (!place) return
        if (show().view.playing) show().view.on.play(false)
        this.#put(place)
      },
      edit: (spot) => this.#edit(spot),
      carries: () => this.#carries,
      carry: (rows, columns, start) => {
        const { view } = show()
        if (start) this.#carried = [view.shift[0], view.shift[1]]
        const next = /** @type {[number, number]} */ ([this.#carried[0] + rows, this.#carried[1] + columns])
        if (String(next) !== String(view.shift)) view.on.shift(next)
      },
      cell: () => [this.#grids?.input.cell ?? 1, this.#grids?.input.tall ?? this.#grids?.input.cell ?? 1],
      zoom: (by) => this.acts.zoom(by),
      hold: (on) => {
        this.#held = on
        if (!on) this.#paint()
      },
    }
  }

  /** The pointer rests on a cell: a paused window looks at it until the pointer goes; a kernel's tap lights.
   * @param {import('./hands.mjs').Spot | null} spot @param {number[] | null} place */
  #rest(spot, place) {
    const { playing } = /** @type {import('./show.mjs').Show} */ (this.#show).view
    const tap = spot && (spot.name === 'kernel' || spot.name === 'patch') ? this.#keyAt(spot) : null
    if (tap !== this.#lit) this.#light(tap, true)
    const next = playing || this.#carries ? null : place
    if (String(next) === String(this.#peek.place)) return
    this.#peek.place = next
    this.#paint()
    this.#panels()
  }

  /** @param {import('./hands.mjs').Spot} spot */
  #keyAt({ row, column }) {
    const show = /** @type {import('./show.mjs').Show} */ (this.#show)
    const slice = this.#scene?.slices[1] ?? 0
    return keyOf(this.#channel(), lower([slice, row, column], show.shape.rank))
  }

  /** @param {number} x @param {number} y @returns {import('./hands.mjs').Spot | null} */
  #spot(x, y) {
    if (!this.#grids || !this.#scene) return null
    for (const name of /** @type {const} */ (['input', 'kernel', 'output'])) {
      const at = cellAt(this.#grids[name], x, y)
      if (at) return { name, row: at[0], column: at[1] }
    }
    const { patch } = this.#scene.seats
    const at = patch && cellAt({ ...this.#grids.kernel, box: patch }, x, y)
    return at ? { name: 'patch', row: at[0], column: at[1] } : null
  }

  /** @param {import('./hands.mjs').Spot} spot of the kernel */
  #edit({ row, column }) {
    const { view, shape } = /** @type {import('./show.mjs').Show} */ (this.#show)
    const [grids, scene] = [this.#grids, this.#scene]
    if (!grids || !scene) return
    const [, rows, columns] = shape.sides.map(({ kernel }) => kernel)
    const size = shape.sides[0].kernel * rows * columns
    const index = weightStart(view.conv, this.#out(), this.#channel(), size) + (scene.slices[1] * rows + row) * columns + column
    const box = boxOf(grids.kernel, { top: row, left: column, bottom: row + 1, right: column + 1 })
    edit(this.dom.scene, box, view.weight.data[index], this.app.t('kernel, {place}', { place: placeWords(this.app.t, lower([scene.slices[1], row, column], shape.rank)) }), (value) => view.on.kernel(index, value))
  }

  /* what happens around */

  #watch() {
    const size = new ResizeObserver(([{ contentRect }]) => {
      if (Math.abs(contentRect.width - this.#width) < 1) return
      this.#width = Math.floor(contentRect.width)
      this.#paint(true)
      this.#panels()
    })
    size.observe(this.dom.scene)
    const near = new IntersectionObserver(([{ isIntersecting }]) => {
      this.#seen.near = isIntersecting
      this.#looked()
    })
    near.observe(this.dom.scene)
    const opened = () => {
      this.#seen.open = !document.hidden
      this.#looked()
    }
    const again = () => {
      this.#paint(true)
      this.#panels()
    }
    document.addEventListener('visibilitychange', opened)
    this.dark.addEventListener('change', again)
    addEventListener('resize', again)
    this.stops = [
      () => size.disconnect(), () => near.disconnect(), () => document.removeEventListener('visibilitychange', opened),
      () => this.dark.removeEventListener('change', again), () => removeEventListener('resize', again),
    ]
  }

  #looked() {
    const { shown, near, open } = this.#seen
    this.player.look(shown && near && open)
  }

  /** What tests and other programs may read of the stage, as numbers. */
  #readable() {
    const show = () => /** @type {import('./show.mjs').Show} */ (this.#show)
    return {
      /** What the output cell holds. @param {number} k @param {number[]} place */
      output: (k, place) => channelOf(show().view.output, k)[indexOf([...Array(3 - place.length).fill(0), ...place], show().shape.sides.map((side) => side.out))],
      /** Where the window is. */
      place: () => lower(this.#place(), show().shape.rank),
      /** The sum as data, and the texts of its chips. */
      sum: () => this.#products().sum,
      strip: () => this.strip.texts(),
      /** How many output cells the window has made. */
      made: () => (this.#made ? this.#made.reduce((all, one) => all + one, 0) : show().count),
      seats: () => this.#scene?.seats,
      /** A cell of a map in page pixels from the stage's corner. @param {'input' | 'kernel' | 'output'} name @param {number} row @param {number} column */
      cell: (name, row, column) => this.#grids && boxOf(this.#grids[name], { top: row, left: column, bottom: row + 1, right: column + 1 }),
      /** What the output map shows at a cell, also while it is being painted. @param {number} row @param {number} column */
      shown: (row, column) => this.#grids?.output.value(row, column),
      /** What the window shows. */
      patch: () => {
        const { rows, columns, seen } = this.#tableFacts()
        return Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => seen(row, column)?.value ?? null))
      },
      /** Draws a frame, for measuring. */
      frame: () => this.#paint(),
    }
  }
}

/** @param {number} at @param {number} all */
const turn = (at, all) => ((at % all) + all) % all
