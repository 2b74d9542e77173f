import { lower } from './geometry.mjs'
import { createShow, sumAt } from './show.mjs'
import { createSum } from './sum.mjs'
import { placeWords } from './words.mjs'

/** The strip of products under the maps: those of the place that is shown.
 * @typedef {import('./stage.mjs').Stage} Stage
 * @typedef {ReturnType<typeof sumAt> & { key: string, show: import('./show.mjs').Show, isDrawn: boolean }} Products */

/** How often the strip changes while the window is faster than one can read, in milliseconds. */
const PACE = 90
const READABLE_SPEED = 3

export class Strip {
  /** The product that the pointer rests on. @type {string | null} */
  lit = null
  #stage
  #sum
  /** @type {Products | null} */
  #products = null
  #drawnAt = 0

  /** @param {Stage} stage */
  constructor(stage) {
    const { app: { t }, dom } = stage
    this.#stage = stage
    this.#sum = createSum(dom.sum, stage.app, {
      light: (key) => this.#light(key),
      close: () => dom.scene.focus(),
      holder: () => t('the output at {place}, counted from 0', { place: placeWords(t, lower(stage.place, stage.show.shape.rank)) }),
    })
  }

  /** The products at the place that is shown. @returns {Products} */
  products() {
    const { show, place, out, channel } = this.#stage
    const key = String([place, out, show.spreads && channel])
    if (this.#products?.show !== show || this.#products.key !== key) {
      const seen = out === show.view.out ? show : createShow({ ...show.view, out })
      this.#products = { ...sumAt(seen, place, channel), key, show, isDrawn: false }
    }
    return this.#products
  }

  /** @param {boolean} slides */
  draw(slides) {
    const products = this.products()
    const time = performance.now()
    const { playing, speed } = this.#stage.show.view
    const pause = playing && slides && speed > READABLE_SPEED ? PACE : 0
    if (products.isDrawn || time - this.#drawnAt < pause) return
    products.isDrawn = true
    this.#drawnAt = time
    this.#sum.draw(products.sum, this.#stage.channel)
  }

  /** The pointer rests on a tap of the maps. @param {string | null} tap */
  rest(tap) {
    if (tap === this.lit) return
    this.#sum.light(tap)
    this.#light(tap)
  }

  /** Another width: everything is drawn anew. */
  forget() {
    this.#products = null
  }

  focus() {
    this.#sum.focus()
  }

  texts() {
    return this.#sum.texts()
  }

  /** @param {string | null} key */
  #light(key) {
    this.lit = key
    this.#stage.paint()
  }
}
