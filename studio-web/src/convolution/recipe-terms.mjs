import { html } from 'lit-html'
import { say } from './say.mjs'

/** One sentence a term. @type {Record<string, string>} */
const TERMS = {
  'kernel size': say('How many elements the kernel reads along each axis.'),
  stride: say('How far the window moves from one output to the next. A stride of 2 halves the output size.'),
  padding: say('Elements added around the picture, so that the window can stand at its edge.'),
  'padding mode': say('What fills the padding: zeros, a constant, or pixels of the picture itself: mirrored, repeated from the edge, or wrapped around.'),
  dilation: say('The distance between the elements that the kernel reads. A dilation of 2 skips every other one.'),
  groups: say('How many separate groups the channels are divided into. As many groups as input channels is a depthwise convolution.'),
  'input channels': say('How many numbers the input has at each position: 1 for grey, 3 for colour.'),
  'output channels': say('How many kernels there are; each makes one feature map.'),
  'output padding': say("Rows and columns added at the end of a transposed convolution's output, because several output sizes are possible."),
  bias: say('One number per output channel, added to every sum.'),
  kind: say('A convolution sums a window into one number; a transposed convolution spreads one number over a window.'),
}

/** A term with a dotted line: hovered or focused it says its sentence; Escape hides it.
 * @param {import('../types').App} app @param {string} word */
export function term({ t }, word) {
  const sentence = TERMS[word]
  if (!sentence) return html`${t(word)}`
  const leave = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    const target = /** @type {HTMLElement} */ (event.currentTarget)
    target.blur()
  }
  return html`<span class="term explained" tabindex="0" @keydown=${leave}>${t(word)}<span class="gloss" role="note">${t(sentence)}</span></span>`
}

export { TERMS }
