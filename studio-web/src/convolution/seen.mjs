import { firstChannel } from './weights.mjs'
import { withNumber } from './changes.mjs'

/** @typedef {import('./slice.mjs').Slice} Slice */

/** What the stage draws: the model, where one looks, and what a hand on the stage changes.
 * @param {import('../types').App} app @param {Slice} slice @param {import('./model.mjs').Model} model
 * @returns {import('../stage/show.mjs').StageView} */
export function viewOf(app, slice, model) {
  const change = (/** @type {Partial<Slice>} */ changes) => app.store.change('convolution', changes)
  return {
    ...model,
    out: slice.out,
    channel: slice.channel,
    place: within(slice, model),
    view: slice.view,
    playing: slice.playing,
    speed: slice.speed,
    zoom: slice.zoom,
    shift: slice.shift,
    on: {
      place: (place) => change({ place }),
      channel: (channel) => change({ channel }),
      out: (out) => change({ out, channel: firstChannel(slice.conv, out) }),
      play: (playing = !app.store.state.convolution.playing) => change({ playing }),
      zoom: (zoom) => change({ zoom }),
      kernel: (index, value) => change(withNumber(app.store.state.convolution, index, value)),
      shift: (shift) => change({ shift }),
    },
  }
}

/** The place, where it lies on the map that is walked over.
 * @param {Slice} slice @param {import('./model.mjs').Model} model */
function within({ place, view, conv }, { input, output }) {
  const sizes = (conv.transposed && view === 'scatter' ? input : output).shape.slice(1)
  return sizes.map((n, i) => Math.max(0, Math.min(place[i] ?? 0, n - 1)))
}
