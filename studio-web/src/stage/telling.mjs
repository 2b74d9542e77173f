import { short } from '../core/number.mjs'
import { lower } from './geometry.mjs'
import { count } from './products.mjs'
import { placeAt } from './show.mjs'
import { inputWords, outputWords } from './words.mjs'

/** What a stage says: to the page where the window is, to a reader what there is to be seen.
 * @typedef {import('./stage.mjs').Stage} Stage @typedef {import('./show.mjs').StageView} StageView */

/** How often the page hears where the window is while it slides, in milliseconds. */
const PACE = 300

export class Telling {
  #stage
  #told = { place: '', at: 0 }

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage
  }

  /** Whether the page names another place than it was told. @param {number[]} place */
  isOther(place) {
    if (String(place) === this.#told.place) return false
    this.#told.place = String(place)
    return true
  }

  /** Where the window is: always when it stands, now and then while it slides. @param {boolean} stands */
  tell(stands) {
    const { show, app, way } = this.#stage
    const time = performance.now()
    if (!stands && time - this.#told.at < PACE) return
    const place = lower(placeAt(show, way.moment.index), show.shape.rank)
    if (String(place) !== this.#told.place) {
      this.#told = { place: String(place), at: time }
      show.view.on.place(place)
    }
    if (stands && !show.view.playing) app.tell(this.words())
  }

  /** What changed under a window that stands, or where it stopped. @param {StageView} before */
  again(before) {
    const { show: { view }, app } = this.#stage
    if (view.playing) return
    if (before.playing) this.tell(true)
    if (before.output === view.output && before.out === view.out && before.channel === view.channel) return
    const front = before.channel === view.channel ? '' : app.t('input channel {c} in front; ', { c: view.channel })
    app.tell(front + this.words())
  }

  /** What the eye sees, in a sentence. */
  words() {
    const { show, out, place: at, strip, app: { t } } = this.#stage
    const place = lower(at, show.shape.rank)
    const { sum } = strip.products()
    const products = sum.parts.flatMap((part) => part.products)
    if (show.spreads) return inputWords(t, { place, products: count(sum), value: short(products[0]?.value ?? 0) })
    const padding = products.filter((product) => product.padding).length
    const channels = show.view.output.shape[0]
    return outputWords(t, { place, products: count(sum), channel: out, channels, value: short(sum.shown), padding, bias: sum.bias !== null })
  }
}
