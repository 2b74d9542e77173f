/** The keys of the stage, and what the help says of them. */

/** Marks texts that are said later. @param {string} text */
const say = (text) => text

/** @type {[string, string][]} */
export const HELP = [
  ['← → ↑ ↓', say('move the window one step; with Shift ten')],
  ['Home End PgUp PgDn', say('to the ends of a row; ten rows or one slice up or down')],
  ['Space', say('play or pause')],
  [', .', say('step back or forward')],
  ['+ −', say('zoom')],
  ['Enter', say('walk through the sum; Esc leaves it')],
  ['[ ]', say('change the input channel; with Shift the output channel')],
]

/** @typedef {{ move(axis: number, by: number): void, end(last: boolean): void, page(by: number): void, play(): void, step(by: number): void,
 *   zoom(by: number): void, open(): void, close(): void, channel(by: number): void, out(by: number): void }} Acts */

/** @param {Acts} acts @returns {Record<string, (event: KeyboardEvent) => void>} */
export function keysOf(acts) {
  const arrows = /** @type {[string, number, number][]} */ ([['ArrowLeft', 2, -1], ['ArrowRight', 2, 1], ['ArrowUp', 1, -1], ['ArrowDown', 1, 1]])
  return {
    ...Object.fromEntries(
      arrows.flatMap(([key, axis, by]) => [[key, () => acts.move(axis, by)], [`Shift+${key}`, () => acts.move(axis, 10 * by)]]),
    ),
    ' ': () => acts.play(),
    ',': () => acts.step(-1),
    '.': () => acts.step(1),
    '+': () => acts.zoom(1),
    '=': () => acts.zoom(1),
    '-': () => acts.zoom(-1),
    '−': () => acts.zoom(-1),
    Enter: () => acts.open(),
    Escape: () => acts.close(),
    '[': () => acts.channel(-1),
    ']': () => acts.channel(1),
    '{': () => acts.out(-1),
    '}': () => acts.out(1),
  }
}

/** Keys that would scroll the page belong to the stage only while it has the focus.
 * @param {Acts} acts @param {KeyboardEvent} event */
export function scrollKeys(acts, event) {
  const ways = /** @type {Record<string, () => void>} */ ({
    Home: () => acts.end(false), End: () => acts.end(true), PageUp: () => acts.page(-1), PageDown: () => acts.page(1),
  })
  const way = ways[event.key]
  if (!way || event.ctrlKey || event.altKey || event.metaKey) return
  event.preventDefault()
  event.stopPropagation()
  way()
}
