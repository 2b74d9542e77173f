import { EXAMPLES } from './examples.mjs'

/** `text` is what was pasted (never in a link: it may be private), `shape` of inputs that it does not make; `back` are
 * texts before fixes, the last first to return. */
export const START = {
  text: EXAMPLES[0].text,
  shape: '',
  example: EXAMPLES[0].name,
  answer: /** @type {any} */ (null),
  refusal: /** @type {any} */ (null),
  asking: false,
  back: /** @type {{ text: string, shape: string }[]} */ ([]),
  mended: false,
}

/** @param {any} slice @returns {Record<string, string>} */
export const toLink = ({ example, text }) =>
  example !== START.example && EXAMPLES.some((each) => each.name === example && each.text === text) ? { fix: example } : {}

/** @param {URLSearchParams} link */
export function fromLink(link) {
  const example = EXAMPLES.find(({ name }) => name === link.get('fix'))
  return example ? { example: example.name, text: example.text } : {}
}

/** What a fix makes of the slice: its text, and the way back. @param {any} slice @param {any} fix */
export const applied = (slice, fix) => ({
  text: fix.text ?? slice.text,
  shape: fix.shape ?? slice.shape,
  back: [...slice.back.slice(-49), { text: slice.text, shape: slice.shape }],
  mended: true,
})

/** The slice before the last fix; null where there was none. @param {any} slice */
export const undone = (slice) => (slice.back.length ? { ...slice.back.at(-1), back: slice.back.slice(0, -1), mended: false } : null)

/** @param {number[]} shape */
export const written = (shape) => shape.join(' × ') || '1'

/** How wide a tensor is drawn, 0 to 1: the logarithm of its numbers. @param {number[]} shape */
export const width = (shape) => Math.min(1, Math.max(0.06, Math.log2(shape.reduce((all, n) => all * n, 1) + 1) / 24))
