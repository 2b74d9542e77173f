/** Facts and bytes in one body, as kaiyan.studio.frame packs them: the header's length (4 bytes, little-endian), the
 * header as JSON ({"facts": …, "sizes": […]}), then the bytes one after the other.
 * @param {object} facts @param {Uint8Array[]} bytes @returns {Uint8Array<ArrayBuffer>} */
export function pack(facts, bytes) {
  const header = new TextEncoder().encode(JSON.stringify({ facts, sizes: bytes.map((part) => part.byteLength) }))
  const body = new Uint8Array(4 + header.length + bytes.reduce((sum, part) => sum + part.byteLength, 0))
  new DataView(body.buffer).setUint32(0, header.length, true)
  body.set(header, 4)
  let at = 4 + header.length
  for (const part of bytes) {
    body.set(part, at)
    at += part.byteLength
  }
  return body
}

/** @param {ArrayBuffer} body @returns {import('../types').Reply} */
export function unpack(body) {
  const length = new DataView(body).getUint32(0, true)
  const { facts, sizes } = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)))
  let at = 4 + length
  const bytes = sizes.map((/** @type {number} */ size) => {
    const part = new Uint8Array(body, at, size)
    at += size
    return part
  })
  return { facts, bytes }
}
