import { html } from 'lit-html'
import { say } from './say.mjs'

/** One sentence a term. @type {Record<string, string>} */
const TERMS = {
  'kernel size': say('How many elements the window covers along each axis.'),
  stride: say('How far the window moves from one output to the next; 2 halves the output.'),
  padding: say('Elements added around the picture, so that the window can stand at its edge.'),
  'padding mode': say('What stands in the padding: zeros, one value, or the picture mirrored, stretched or wrapped.'),
  dilation: say('The distance between the elements that the kernel reads; 2 leaves out every other one.'),
  groups: say('Into how many separate parts the channels are divided; as many as channels is depthwise.'),
  'channels in': say('How many numbers every place of the input holds: 1 for grey, 3 for colour.'),
  'channels out': say('How many kernels there are, each with an output of its own.'),
  'output padding': say('Rows and columns added at the end of a transposed output, since several sizes are legal.'),
  bias: say('One number a channel, added to every sum.'),
  kind: say('A plain layer collects a window into one number; a transposed one paints one number into a window.'),
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
