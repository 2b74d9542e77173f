/** A small writer of animated GIF89a: one palette for all frames, LZW, only what changed since the frame before. */

const CLEAR_BITS = 8

/** The entry that lets the frame before show through; a palette has one colour less than 256. */
export const THROUGH = 255

/** @param {number} width @param {number} height @param {[number, number, number][]} palette up to 255 colours
 * @param {{ loop?: boolean }} [wish] */
export function createGif(width, height, palette, { loop = true } = {}) {
  /** @type {number[]} */
  const bytes = []
  const word = (/** @type {number} */ value) => bytes.push(value & 255, value >> 8)
  bytes.push(...text('GIF89a'))
  word(width)
  word(height)
  bytes.push(0xf7, 0, 0)
  for (let i = 0; i < 256; i++) bytes.push(...(palette[i] ?? [0, 0, 0]))
  if (loop) {
    bytes.push(0x21, 0xff, 11, ...text('NETSCAPE2.0'), 3, 1)
    word(0)
    bytes.push(0)
  }
  /** @type {Uint8Array | null} */
  let last = null

  return {
    /** A frame as palette entries, shown for so many hundredths of a second.
     * @param {Uint8Array} entries @param {number} hundredths */
    frame(entries, hundredths) {
      const { left, top, right, bottom } = last ? changed(last, entries, width, height) : { left: 0, top: 0, right: width, bottom: height }
      bytes.push(0x21, 0xf9, 4, 0x05)
      word(hundredths)
      bytes.push(THROUGH, 0, 0x2c)
      word(left)
      word(top)
      word(right - left)
      word(bottom - top)
      bytes.push(0, CLEAR_BITS)
      const part = new Uint8Array((right - left) * (bottom - top))
      let to = 0
      for (let row = top; row < bottom; row++)
        for (let at = row * width + left; at < row * width + right; at++) part[to++] = last?.[at] === entries[at] ? THROUGH : entries[at]
      const packed = compress(part)
      for (let at = 0; at < packed.length; at += 255) {
        const block = packed.slice(at, at + 255)
        bytes.push(block.length)
        for (const byte of block) bytes.push(byte)
      }
      bytes.push(0)
      last = entries.slice()
    },
    /** The whole file. */
    done: () => Uint8Array.from(bytes.concat(0x3b)),
  }
}

/** The smallest box around what differs; one pixel where nothing does.
 * @param {Uint8Array} before @param {Uint8Array} after @param {number} width @param {number} height */
export function changed(before, after, width, height) {
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let row = 0, at = 0; row < height; row++)
    for (let column = 0; column < width; column++, at++) {
      if (before[at] === after[at]) continue
      if (column < left) left = column
      if (column >= right) right = column + 1
      if (row < top) top = row
      bottom = row + 1
    }
  return right > left ? { left, top, right, bottom } : { left: 0, top: 0, right: 1, bottom: 1 }
}

/** LZW as GIF wants it: codes of 9 to 12 bits, the least significant bit first.
 * @param {Uint8Array} entries @returns {number[]} */
export function compress(entries) {
  const clear = 1 << CLEAR_BITS
  /** @type {number[]} */
  const out = []
  let [held, bits, size, next] = [0, 0, CLEAR_BITS + 1, clear + 2]
  const write = (/** @type {number} */ code) => {
    held |= code << bits
    bits += size
    while (bits >= 8) {
      out.push(held & 255)
      held >>= 8
      bits -= 8
    }
  }
  const table = new Int16Array(4096 * 256).fill(-1)
  write(clear)
  let prefix = entries[0]
  for (let at = 1; at < entries.length; at++) {
    const entry = entries[at]
    const known = table[(prefix << 8) | entry]
    if (known >= 0) {
      prefix = known
      continue
    }
    write(prefix)
    if (next === 4096) {
      write(clear)
      table.fill(-1)
      size = CLEAR_BITS + 1
      next = clear + 2
    } else {
      if (next === 1 << size) size++
      table[(prefix << 8) | entry] = next++
    }
    prefix = entry
  }
  write(prefix)
  write(clear + 1)
  if (bits > 0) out.push(held & 255)
  return out
}

/** @param {string} letters */
const text = (letters) => [...letters].map((letter) => letter.charCodeAt(0))
