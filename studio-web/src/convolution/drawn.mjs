/** Pictures that are made in code, one rule each: easier to follow than a photograph. A rule gives the colour (RGB,
 * 0 to 255) at a row and a column of n by n pixels; rows and columns outside are asked for too, when it is dragged.
 * @typedef {{ name: string, title: string, does: string, colour: (row: number, column: number, n: number) => number[] }} Drawn */

const grey = (/** @type {number} */ value) => [value, value, value]
const mod = (/** @type {number} */ i, /** @type {number} */ n) => ((i % n) + n) % n

const LETTER = ['.####.', '##..##', '##..##', '######', '##..##', '##..##']

/** @param {number} row @param {number} column @param {number} n */
function letter(row, column, n) {
  const cell = n / 10
  const line = LETTER[Math.floor(row / cell) - 2]
  return grey(line?.[Math.floor(column / cell) - 2] === '#' ? 240 : 24)
}

/** @param {number} row @param {number} column @param {number} n */
function discs(row, column, n) {
  const inside = (/** @type {number} */ y, /** @type {number} */ x) => Math.hypot(row / n - y, column / n - x) < 0.26
  return [inside(0.36, 0.5), inside(0.6, 0.36), inside(0.6, 0.64)].map((lit) => (lit ? 235 : 20))
}

const say = (/** @type {string} */ text) => text

/** @type {Drawn[]} */
export const DRAWN = [
  { name: 'dot', title: say('one white pixel'), does: say('shows the kernel itself, turned by 180°'), colour: (row, column, n) => grey(row === n >> 1 && column === n >> 1 ? 255 : 0) },
  { name: 'edge', title: say('a vertical edge'), does: say('dark on the left, light on the right'), colour: (_, column, n) => grey(column < n >> 1 ? 40 : 216) },
  { name: 'ramp', title: say('a ramp'), does: say('grows evenly to the right'), colour: (_, column, n) => grey(Math.round(Math.min(1, Math.max(0, column / (n - 1))) * 255)) },
  { name: 'checks', title: say('a checkerboard'), does: say('the finest pattern that pixels can show'), colour: (row, column) => grey(mod(row + column, 2) ? 230 : 25) },
  { name: 'waves', title: say('sine waves'), does: say('stripes that get finer downwards'), colour: (row, column, n) => grey(Math.round(127.5 + 120 * Math.sin((2 * Math.PI * column * (1 + Math.floor(mod(row, n) / (n / 4)))) / (n / 3)))) },
  { name: 'letter', title: say('a letter'), does: say('an A: strokes, corners and a hole'), colour: letter },
  { name: 'discs', title: say('three colours'), does: say('a red, a green and a blue disc'), colour: discs },
]

/** @param {string} name */
export const drawnCalled = (name) => DRAWN.find((drawn) => drawn.name === name)
