/** What the Train tab is set to, and itself in a link.
 * @typedef {object} Slice
 * @property {string} lesson which of the lessons is open
 * @property {number} size taps a side of the kernel that learns
 * @property {string} wish the name of what is wanted, 'own' where `target` was changed
 * @property {number[] | null} target taps of an own wish, row by row
 * @property {number | null} rate null: half of the largest that is stable @property {number} momentum
 * @property {number} noise standard deviation, as a part of that of what is wanted
 * @property {number} seed of the first kernels and the noise
 * @property {boolean} relu between two kernels
 * @property {number} pace steps a second @property {boolean} playing */

/** @type {Slice} */
export const START = {
  lesson: 'one',
  size: 3,
  wish: 'sobel-x',
  target: null,
  rate: null,
  momentum: 0.9,
  noise: 0,
  seed: 2,
  relu: false,
  pace: 60,
  playing: true,
}

export const PACES = [4, 60, 240, 960]
export const RATES = { least: 1e-4, most: 100 }

/** What differs from the start. @param {Slice} slice @returns {Record<string, string>} */
export function toLink(slice) {
  const { lesson, size, wish, target, rate, momentum, noise, seed, relu, pace, playing } = slice
  const entries = {
    lesson: [lesson, START.lesson],
    taps: [size, START.size],
    wish: [wish, START.wish],
    target: [target?.map(short).join('_') ?? '', ''],
    rate: [rate === null ? '' : short(rate), ''],
    momentum: [momentum, START.momentum],
    noise: [noise, START.noise],
    seed: [seed, START.seed],
    relu: [Number(relu), 0],
    pace: [pace, START.pace],
    still: [Number(!playing), 0],
  }
  return Object.fromEntries(Object.entries(entries).flatMap(([key, [value, start]]) => (value === start ? [] : [[key, String(value)]])))
}

const short = (/** @type {number} */ x) => Number(x.toPrecision(6))

/** Changes that a link asks for; what is not understood is left out.
 * @param {URLSearchParams} link @returns {Partial<Slice>} */
export function fromLink(link) {
  const word = (/** @type {string} */ key) => (/^[a-z][a-z-]{0,20}$/.test(link.get(key) ?? '') ? link.get(key) : undefined)
  const number = (/** @type {string} */ key, /** @type {number} */ least, /** @type {number} */ most) => {
    const value = Number(link.get(key) || NaN)
    return value >= least && value <= most ? value : undefined
  }
  const target = (link.get('target') ?? '').split('_').map((text) => (text === '' ? NaN : Number(text)))
  const isOwn = [9, 25].includes(target.length) && target.every(Number.isFinite)
  const wish = word('wish')
  const seed = number('seed', 1, 999_999)
  const changes = {
    lesson: word('lesson'),
    size: link.get('taps') === '5' ? 5 : undefined,
    wish: isOwn ? 'own' : wish === 'own' ? undefined : wish,
    target: isOwn ? target : undefined,
    rate: number('rate', RATES.least, RATES.most),
    momentum: number('momentum', 0, 0.99),
    noise: number('noise', 0, 1),
    seed: seed && Math.trunc(seed),
    relu: link.get('relu') === '1' || undefined,
    pace: PACES.find((pace) => String(pace) === link.get('pace')),
    playing: link.get('still') === '1' ? false : undefined,
  }
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}
