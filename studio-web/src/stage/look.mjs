/** What the theme says: the tokens of the page as values that a pen takes.
 * @typedef {{ theme: 'light' | 'dark', paper: string, raised: string, line: string, ink: string, soft: string,
 *   faint: string, minus: string, middle: string, plus: string, window: string, good: string, bad: string,
 *   sans: string, mono: string, small?: string }} Look `small`: the size of captions */

const TOKENS = /** @type {const} */ ([
  'paper', 'raised', 'line', 'ink', 'soft', 'faint', 'minus', 'middle', 'plus', 'window', 'good', 'bad', 'sans', 'mono', 'small',
])

/** The look of the page at this moment, read where the element stands.
 * @param {Element} el @returns {Look} */
export function lookOf(el) {
  const style = getComputedStyle(el)
  const tokens = Object.fromEntries(TOKENS.map((name) => [name, style.getPropertyValue(`--${name}`).trim().replace(/\s+/g, ' ')]))
  return /** @type {Look} */ ({ theme: style.colorScheme.includes('dark') ? 'dark' : 'light', ...tokens })
}

/** @param {Look} look @param {number} size pixels @param {string} [weight] */
export const font = (look, size, weight = '') => `${weight} ${size}px ${look.sans || 'sans-serif'}`.trim()

/** The font of captions and legends, as small as the page's small print. @param {Look} look */
export const captionFont = (look) => font(look, parseFloat(look.small ?? '') || 12)
