import { channelOf } from './maps.mjs'
import { createPlayer } from './player.mjs'

/** The way of the window: where it is, and which outputs it has made.
 * @typedef {import('./show.mjs').Show} Show @typedef {import('./show.mjs').StageView} StageView */

export class Way {
  /** Which output cells the window has passed; null: all. @type {Uint8Array | null} */
  made = null
  /** @type {import('./player.mjs').Moment} */
  moment = { index: 0, next: 0, part: 0 }
  calm = matchMedia('(prefers-reduced-motion: reduce)')
  #on
  #player

  /** @param {{ make(index: number): void, slid(isNext: boolean): void }} on an output is made; the window has moved, perhaps to another place */
  constructor(on) {
    this.#on = on
    this.#player = createPlayer((moment, before) => this.#slid(moment, before))
  }

  /** A first pass begins where the sizes are new, what lies before the window counting as made; a change of numbers shows all.
   * @param {Show} show @param {StageView | undefined} before @returns {boolean} whether it begins */
  begin({ view, spreads, count }, before) {
    const isNew = !before || String(before.output.shape) !== String(view.output.shape) || before.conv.transposed !== view.conv.transposed
    if (isNew) this.made = view.playing && !spreads ? new Uint8Array(channelOf(view.output, 0).length) : null
    else if (before.output !== view.output) this.made = null
    this.#player.size(count)
    return isNew
  }

  /** @param {StageView} view */
  play({ playing, speed }) {
    this.#player.play(playing, speed)
    if (!this.slides) this.#still()
  }

  /** @param {number} index */
  go(index) {
    this.#player.go(index)
    this.#still()
  }

  /** All outputs up to one are made. @param {number} [index] */
  pass(index = this.#player.at() - 1) {
    this.made?.fill(1, 0, index + 1)
  }

  /** Nothing moves where nobody looks. @param {boolean} isSeen */
  look(isSeen) {
    this.#player.look(isSeen)
  }

  get slides() {
    return this.#player.moving()
  }

  stop() {
    this.#player.stop()
  }

  #still() {
    const index = this.#player.at()
    this.moment = { index, next: index, part: 0 }
    this.#make(index)
  }

  /** @param {import('./player.mjs').Moment} moment @param {number} before */
  #slid(moment, before) {
    this.moment = this.calm.matches ? { ...moment, part: 0 } : moment
    const { index } = moment
    if (index < before) this.made = null
    for (let at = before + 1; at <= index; at++) this.#make(at)
    this.#on.slid(index !== before)
  }

  /** @param {number} index */
  #make(index) {
    if (!this.made || this.made[index]) return
    this.made[index] = 1
    this.#on.make(index)
  }
}
