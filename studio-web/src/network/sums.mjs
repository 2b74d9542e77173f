/** @typedef {import('../stage/products.mjs').Sum} Sum */

/** A sum of products as Python opened it, for the strip; null for one that has no products.
 * @param {import('../types').Reply} reply @returns {Sum | null} */
export function sumFrom({ facts, bytes }) {
  if (bytes.length < 2 || !bytes[0].length) return null
  const [values, weights] = bytes.slice(0, 2).map((part) => new Float64Array(part.slice().buffer))
  const padding = bytes[2] ?? new Uint8Array(values.length)
  const groups = facts.groups?.length ? facts.groups : [{ channel: 0, partial: facts.sum64 - (facts.bias ?? 0) }]
  const each = values.length / groups.length
  const parts = groups.map((/** @type {{ channel: number, partial: number }} */ { channel, partial }, /** @type {number} */ i) => ({
    channel,
    partial,
    products: Array.from({ length: each }, (_, at) => {
      const from = i * each + at
      return { key: `${channel}:${at}`, value: values[from], weight: weights[from], product: values[from] * weights[from], padding: padding[from] === 1 }
    }),
  }))
  return { parts, bias: facts.bias ?? null, exact: facts.sum64 ?? NaN, shown: facts.shown ?? NaN, kind: 'float32' }
}
