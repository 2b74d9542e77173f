import { say, words } from './sentence.mjs'

/**
 * @typedef {object} Kernel A named kernel and how its numbers are made.
 * @property {string} name @property {string} does what it answers to, in English: a text with Chinese
 * @property {number[]} usual arguments, which `takes` names @property {string[]} takes
 * @property {(args: number[]) => Grid} make
 */
/** @typedef {{ shape: [number, number], data: number[] }} Grid */

const LARGEST_SIDE = 1001

/** Every named kernel, the rows of kaiyan.pictures. @type {Kernel[]} */
export const KERNELS = [
  fixed('identity', say('no change: the picture itself'), [0, 0, 0, 0, 1, 0, 0, 0, 0]),
  fixed('sobel-x', say('brightness that grows to the right'), [-1, 0, 1, -2, 0, 2, -1, 0, 1]),
  fixed('sobel-y', say('brightness that grows downwards'), [-1, -2, -1, 0, 0, 0, 1, 2, 1]),
  fixed('scharr-x', say('like sobel-x, but more even in all directions'), [-3, 0, 3, -10, 0, 10, -3, 0, 3]),
  fixed('scharr-y', say('like sobel-y, but more even in all directions'), [-3, -10, -3, 0, 0, 0, 3, 10, 3]),
  fixed('prewitt-x', say('like sobel-x, without weights'), [-1, 0, 1, -1, 0, 1, -1, 0, 1]),
  fixed('prewitt-y', say('like sobel-y, without weights'), [-1, -1, -1, 0, 0, 0, 1, 1, 1]),
  fixed('laplacian', say('spots and lines that differ from their surroundings'), [0, 1, 0, 1, -4, 1, 0, 1, 0]),
  fixed('laplacian-8', say('the same, diagonals included'), [1, 1, 1, 1, -8, 1, 1, 1, 1]),
  fixed('sharpen', say('the picture and its edges'), [0, -1, 0, -1, 5, -1, 0, -1, 0]),
  fixed('emboss', say('a relief, lit from the upper left'), [-2, -1, 0, -1, 1, 1, 0, 1, 2]),
  { name: 'box', does: say('the mean of n by n pixels'), usual: [3], takes: ['n'], make: ([n]) => grid(n, () => 1 / n ** 2) },
  { name: 'gaussian', does: say('a soft blur of standard deviation σ'), usual: [1], takes: ['sigma'], make: gaussian },
  { name: 'log', does: say('blobs of size σ (Laplacian of Gaussian)'), usual: [2], takes: ['sigma'], make: log },
  { name: 'gabor', does: say('stripes of a wavelength, at an angle in degrees, within σ'), usual: [8, 0, 0], takes: ['wavelength', 'angle', 'sigma'], make: gabor },
  { name: 'motion', does: say('a diagonal smear of n pixels'), usual: [9], takes: ['n'], make: ([n]) => grid(n, (y, x) => (y === x ? 1 / n : 0)) },
]

/** A kernel by its name, with its numbers behind a colon where it takes some: "gaussian:2"; null for what is none.
 * @param {string} text @returns {Grid | null} */
export function kernelNamed(text) {
  const [name, ...given] = text.split(':')
  const kernel = KERNELS.find((each) => each.name === name)
  if (!kernel || given.length > kernel.usual.length) return null
  const args = kernel.usual.map((usual, i) => (given[i] === undefined ? usual : Number(given[i])))
  const sides = kernel.takes[0] === 'n' ? Number.isInteger(args[0]) && args[0] <= LARGEST_SIDE : args[0] <= LARGEST_SIDE / 8
  return args.every(Number.isFinite) && (!args.length || (args[0] > 0 && sides)) ? kernel.make(args) : null
}

/** What a named kernel does, in both languages. @param {Kernel} kernel */
export const doesWords = (kernel) => words(kernel.does)

/** @param {string} name @param {string} does @param {number[]} data @returns {Kernel} */
function fixed(name, does, data) {
  return { name, does, usual: [], takes: [], make: () => ({ shape: [3, 3], data: [...data] }) }
}

/** @param {number[]} args @returns {Grid} */
function gaussian([sigma]) {
  return scaled(around(3 * sigma, (y, x) => Math.exp(-(x ** 2 + y ** 2) / (2 * sigma ** 2))), (data) => sum(data))
}

/** @param {number[]} args @returns {Grid} */
function log([sigma]) {
  return withoutMean(
    around(4 * sigma, (y, x) => {
      const r2 = (x ** 2 + y ** 2) / (2 * sigma ** 2)
      return ((r2 - 1) * Math.exp(-r2)) / (Math.PI * sigma ** 4)
    }),
  )
}

/** @param {number[]} args @returns {Grid} */
function gabor([wavelength, degrees, width]) {
  const sigma = width || 0.56 * wavelength
  const angle = (degrees * Math.PI) / 180
  const wave = around(3 * sigma, (y, x) => {
    const along = x * Math.cos(angle) + y * Math.sin(angle)
    const across = y * Math.cos(angle) - x * Math.sin(angle)
    return Math.exp(-(along ** 2 + (0.5 * across) ** 2) / (2 * sigma ** 2)) * Math.cos((2 * Math.PI * along) / wavelength)
  })
  return withoutMean(scaled(wave, (data) => sum(data.map(Math.abs))))
}

/** @param {number} n @param {(y: number, x: number) => number} value @returns {Grid} */
function grid(n, value) {
  return { shape: [n, n], data: Array.from({ length: n * n }, (_, i) => value(Math.floor(i / n), i % n)) }
}

/** @param {number} radius @param {(y: number, x: number) => number} value @returns {Grid} */
function around(radius, value) {
  const r = Math.ceil(radius)
  return grid(2 * r + 1, (y, x) => value(y - r, x - r))
}

/** @param {Grid} kernel @param {(data: number[]) => number} size @returns {Grid} */
function scaled({ shape, data }, size) {
  const whole = size(data)
  return { shape, data: data.map((value) => value / whole) }
}

/** @param {Grid} kernel @returns {Grid} */
function withoutMean({ shape, data }) {
  const mean = sum(data) / data.length
  return { shape, data: data.map((value) => value - mean) }
}

/** @param {number[]} data */
const sum = (data) => data.reduce((all, value) => all + value, 0)
