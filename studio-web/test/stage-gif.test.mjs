import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changed, compress, createGif } from '../src/stage/gif.mjs'
import { createPalette } from '../src/stage/palette.mjs'

/** Reads what LZW wrote, by the book. @param {number[]} bytes @returns {number[]} */
function expand(bytes) {
  let [at, held, bits, size] = [0, 0, 0, 9]
  const read = () => {
    while (bits < size) {
      held |= bytes[at++] << bits
      bits += 8
    }
    const code = held & ((1 << size) - 1)
    held >>= size
    bits -= size
    return code
  }
  /** @type {number[][]} */
  let table = []
  const reset = () => {
    table = Array.from({ length: 258 }, (_, i) => [i])
    size = 9
  }
  reset()
  const out = []
  /** @type {number[] | null} */
  let last = null
  for (let code = read(); code !== 257; code = read()) {
    if (code === 256) {
      reset()
      last = null
      continue
    }
    /** @type {number[]} */
    const entry = table[code] ?? [.../** @type {number[]} */ (last), /** @type {number[]} */ (last)[0]]
    out.push(...entry)
    if (last && table.length < 4096) table.push([...last, entry[0]])
    if (table.length === 1 << size && size < 12) size++
    last = entry
  }
  return out
}

test('what is packed comes back, also past 4096 codes', () => {
  let seed = 7
  const random = () => (seed = (seed * 16807) % 2147483647)
  for (const [length, colours] of [[1, 1], [5, 2], [300, 1], [20000, 3], [60000, 256]]) {
    const entries = Uint8Array.from({ length }, () => random() % colours)
    assert.deepEqual(expand(compress(entries)), [...entries], `${length} of ${colours}`)
  }
})

test('only what changed is written', () => {
  const [before, after] = [new Uint8Array(20), new Uint8Array(20)]
  after[7] = after[13] = 1
  assert.deepEqual(changed(before, after, 5, 4), { left: 2, top: 1, right: 4, bottom: 3 })
  assert.deepEqual(changed(before, before, 5, 4), { left: 0, top: 0, right: 1, bottom: 1 })
})

test('a file begins and ends as a GIF does', () => {
  const file = createGif(5, 4, [[0, 0, 0], [255, 255, 255]])
  file.frame(new Uint8Array(20), 30)
  const bytes = file.done()
  assert.equal(String.fromCharCode(...bytes.slice(0, 6)), 'GIF89a')
  assert.equal(bytes[bytes.length - 1], 0x3b)
})

test('few colours are kept exactly, many by their nearest', () => {
  const palette = createPalette()
  const pixels = Uint8Array.from({ length: 4 * 64 }, (_, at) => (at % 4 === 3 ? 255 : 4 * ((at >> 2) % 60)))
  palette.learn(pixels)
  const colours = palette.entries()
  assert.ok(colours.length <= 255)
  for (const [at, entry] of palette.match(pixels).entries()) assert.equal(colours[entry][0], pixels[4 * at])
})
