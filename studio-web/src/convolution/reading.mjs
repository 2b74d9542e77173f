/** Files as pictures: asked of Python where there is one, else decoded by the browser after a look at the header. */
import { pixelsOf } from './photograph.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').Words} Words */

const MOST_BYTES = 32 * 1024 * 1024
const MOST_PIXELS = 64_000_000

/** What a visitor can mend, in both languages. */
export class NotAPicture extends Error {
  /** @param {Words} words @param {Words[]} [ways] */
  constructor(words, ways = []) {
    super(words.en)
    this.refusal = { code: 'picture', words, ways }
  }
}

/** Reads a file as a picture and keeps it; gives its name and what there is to say about it.
 * @param {App} app @param {Blob} file @param {string} title @returns {Promise<{ name: string, notes: Words[] }>} */
export async function readPicture(app, file, title) {
  if (file.size > MOST_BYTES) throw tooHeavy(title, file.size)
  const bytes = new Uint8Array(await file.arrayBuffer())
  if (app.host.kind !== 'alone')
    try {
      return await byPython(app, bytes, title)
    } catch (error) {
      if (/** @type {any} */ (error).refusal?.code !== 'connection-lost') throw error
    }
  return { name: app.pictures.hold({ title, ...(await byBrowser(bytes, title)) }), notes: [] }
}

/** @param {App} app @param {Uint8Array} bytes @param {string} title */
async function byPython(app, bytes, title) {
  const { facts, bytes: parts } = await app.host.ask('picture.read', { name: title }, [bytes])
  const { height, width, notes } = facts
  return { name: app.pictures.hold({ title, height, width, rgb: parts[0] }), notes: notes ?? [] }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {string} title */
async function byBrowser(bytes, title) {
  const size = declaredSize(bytes)
  if (!size) throw noPicture(title)
  if (size[0] * size[1] > MOST_PIXELS) throw tooLarge(title, size)
  const bitmap = await createImageBitmap(new Blob([bytes])).catch(() => {
    throw noPicture(title)
  })
  return pixelsOf(bitmap)
}

/** Height and width as the header of a PNG, JPEG, GIF, WebP or BMP says them; null where it is none of these.
 * @param {Uint8Array} bytes @returns {[number, number] | null} */
export function declaredSize(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = (/** @type {number} */ from, /** @type {number} */ to) => String.fromCharCode(...bytes.slice(from, to))
  if (bytes.length < 26) return null
  if (text(1, 4) === 'PNG') return [view.getUint32(20), view.getUint32(16)]
  if (text(0, 3) === 'GIF') return [view.getUint16(8, true), view.getUint16(6, true)]
  if (text(0, 2) === 'BM') return [Math.abs(view.getInt32(22, true)), view.getInt32(18, true)]
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return webpSize(view, text(12, 16))
  return bytes[0] === 0xff && bytes[1] === 0xd8 ? jpegSize(view) : null
}

/** @param {DataView} view @param {string} kind @returns {[number, number] | null} */
function webpSize(view, kind) {
  if (view.byteLength < 30) return null
  if (kind === 'VP8 ') return [view.getUint16(28, true) & 0x3fff, view.getUint16(26, true) & 0x3fff]
  if (kind === 'VP8L') return [((view.getUint32(21, true) >> 14) & 0x3fff) + 1, (view.getUint32(21, true) & 0x3fff) + 1]
  const three = (/** @type {number} */ at) => (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)) + 1
  return kind === 'VP8X' ? [three(27), three(24)] : null
}

/** The first frame header among a JPEG's segments.
 * @param {DataView} view @returns {[number, number] | null} */
function jpegSize(view) {
  for (let at = 2; at + 9 < view.byteLength && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return [view.getUint16(at + 5), view.getUint16(at + 7)]
  }
  return null
}

/** @param {string} title */
const noPicture = (title) =>
  new NotAPicture(
    { en: `${title} is not a picture that can be read here`, zh: `${title} 不是这里能读取的图片` },
    [{ en: 'PNG, JPEG, WebP, GIF and BMP can be read', zh: '可以读取 PNG、JPEG、WebP、GIF 和 BMP' }],
  )

/** @param {string} title @param {number} size */
const tooHeavy = (title, size) => {
  const facts = `${Math.ceil(size / 2 ** 20)} MB`
  const most = `${MOST_BYTES / 2 ** 20} MB`
  return new NotAPicture({ en: `${title} has ${facts}; a picture may have up to ${most}`, zh: `${title} 有 ${facts}；图片最大 ${most}` })
}

/** @param {string} title @param {[number, number]} size */
const tooLarge = (title, [height, width]) => {
  const most = MOST_PIXELS / 1e6
  return new NotAPicture({
    en: `${title} claims to have ${width} x ${height} pixels; up to ${most} million can be opened`,
    zh: `${title} 声称有 ${width} x ${height} 个像素；最多打开 ${most} 百万个`,
  })
}
