/** One sum as data: products by input channel, partial sums, bias, and what the cell holds.
 * @typedef {object} Product
 * @property {string} key names its place in input and kernel, so that both can light
 * @property {number} value @property {number} weight @property {number} product
 * @property {boolean} padding whether the value is what stands outside the input
 * @typedef {{ channel: number, products: Product[], partial: number, columns?: number }} Part columns: how wide the kernel is
 * @typedef {object} Sum
 * @property {Part[]} parts
 * @property {number | null} bias
 * @property {number} exact the sum in float64, in the order of the chips
 * @property {number} shown what the cell holds
 * @property {'float32' | 'float64'} kind in which type it holds it
 * @property {boolean} [spread] not one sum: one input's products, each for an output of its own */

/** The key of a term: channel, place in the kernel.
 * @param {number} channel @param {number[]} tap */
export const keyOf = (channel, tap) => `${channel}:${tap.join(',')}`

/** The sum of terms as core gives them.
 * @param {import('../types').Term[]} terms @param {number | null} bias @param {number} [shown] what the cell holds
 * where it is known from elsewhere; else the float32 nearest to the sum @returns {Sum} */
export function sumOf(terms, bias, shown) {
  /** @type {Map<number, Part>} */
  const parts = new Map()
  let exact = 0
  for (const { channel, tap, source, value, weight, product } of terms) {
    const part = parts.get(channel) ?? { channel, products: [], partial: 0, columns: widthOf(terms) }
    parts.set(channel, part)
    part.products.push({ key: keyOf(channel, tap), value, weight, product, padding: source === null })
    part.partial += product
    exact += product
  }
  exact += bias ?? 0
  return { parts: [...parts.values()], bias, exact, shown: shown ?? Math.fround(exact), kind: 'float32' }
}

/** What the sum is after each product, in order; the bias is the last.
 * @param {Sum} sum @returns {Map<string, { product: Product, so: number, at: number }>} */
export function running(sum) {
  let so = 0
  let at = 0
  const steps = new Map()
  for (const { products } of sum.parts)
    for (const product of products) {
      so += product.product
      at += 1
      steps.set(product.key, { product, so, at })
    }
  return steps
}

/** How many products a sum has. @param {Sum} sum */
export const count = (sum) => sum.parts.reduce((all, { products }) => all + products.length, 0)

/** Where one input cell goes, as chips.
 * @param {number} value @param {number} channel @param {{ tap: number[], weight: number, product: number }[]} entries @returns {Sum} */
export function spreadOf(value, channel, entries) {
  const products = entries.map(({ tap, weight, product }) => ({ key: keyOf(channel, tap), value, weight, product, padding: false }))
  return { parts: [{ channel, products, partial: 0, columns: widthOf(entries) }], bias: null, exact: 0, shown: 0, kind: 'float64', spread: true }
}

/** How many columns of the kernel take part. @param {{ tap: number[] }[]} terms */
const widthOf = (terms) => new Set(terms.map(({ tap }) => tap[tap.length - 1])).size
