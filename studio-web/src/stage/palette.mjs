/** 255 colours that stand for all colours of some pictures: the most frequent first, then those farthest from them. */

const MOST = 255

/** @typedef {Uint8ClampedArray | Uint8Array} Pixels red, green, blue, alpha */

export function createPalette() {
  /** How often each colour, in steps of 4, was seen, and the sum of what it stood for. @type {Map<number, [number, number, number, number]>} */
  const seen = new Map()
  /** @type {[number, number, number][] | null} */
  let chosen = null
  /** @type {Map<number, number>} */
  const nearest = new Map()

  return {
    /** @param {Pixels} pixels */
    learn(pixels) {
      for (let at = 0; at < pixels.length; at += 4) {
        const key = keyOf(pixels, at)
        const one = seen.get(key)
        if (!one) seen.set(key, [1, pixels[at], pixels[at + 1], pixels[at + 2]])
        else {
          one[0] += 1
          for (let i = 0; i < 3; i++) one[i + 1] += pixels[at + i]
        }
      }
    },
    entries() {
      chosen ??= choose([...seen.values()])
      return chosen
    },
    /** The entry of each pixel. @param {Pixels} pixels */
    match(pixels) {
      const colours = this.entries()
      const entries = new Uint8Array(pixels.length / 4)
      for (let at = 0; at < pixels.length; at += 4) {
        const key = keyOf(pixels, at)
        let entry = nearest.get(key)
        if (entry === undefined) {
          entry = closest(colours, [pixels[at], pixels[at + 1], pixels[at + 2]])
          nearest.set(key, entry)
        }
        entries[at / 4] = entry
      }
      return entries
    },
  }
}

/** @param {Pixels} pixels @param {number} at */
const keyOf = (pixels, at) => ((pixels[at] >> 2) << 12) | ((pixels[at + 1] >> 2) << 6) | (pixels[at + 2] >> 2)

/** @param {[number, number, number, number][]} counted @returns {[number, number, number][]} */
function choose(counted) {
  counted.sort((a, b) => b[0] - a[0])
  const mean = (/** @type {number[]} */ [count, ...sums]) => /** @type {[number, number, number]} */ (sums.map((sum) => Math.round(sum / count)))
  const often = counted.slice(0, MOST - 64).map(mean)
  const rest = counted.slice(MOST - 64).map(mean)
  const far = rest.map((colour) => distance(colour, often[closest(often, colour)]))
  while (often.length < MOST && rest.length) {
    const at = far.reduce((best, one, i) => (one > far[best] ? i : best), 0)
    const colour = rest[at]
    if (far[at] === 0) break
    often.push(colour)
    rest.forEach((other, i) => {
      far[i] = Math.min(far[i], distance(other, colour))
    })
  }
  return often
}

/** @param {[number, number, number][]} colours @param {number[]} colour */
function closest(colours, colour) {
  let [best, least] = [0, Infinity]
  for (let i = 0; i < colours.length; i++) {
    const off = distance(colours[i], colour)
    if (off < least) [best, least] = [i, off]
  }
  return best
}

/** @param {number[]} a @param {number[]} b */
const distance = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
