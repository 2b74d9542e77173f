/** Layers by the block of the network that they belong to. No DOM. */

/** @typedef {import('./types').Layer} Layer @typedef {{ name: string, layers: Layer[] }} Block */

/** The block of a path: up to its first index and the indices right behind it ("layer1.0", "blocks.2.1"), where something
 * follows; else all but the last part.
 * @param {string} path @returns {string} */
export function blockOf(path) {
  const parts = path.split('.')
  const isIndex = (/** @type {number} */ i) => /^\d+$/.test(parts[i] ?? '')
  let end = parts.findIndex((_, i) => isIndex(i))
  if (end < 0 || end === parts.length - 1) return parts.slice(0, -1).join('.')
  while (isIndex(end + 1) && end + 2 < parts.length) end += 1
  return parts.slice(0, end + 1).join('.')
}

/** Runs of layers of the same block.
 * @param {Layer[]} layers @returns {Block[]} */
export function blocksOf(layers) {
  /** @type {Block[]} */
  const blocks = []
  for (const layer of layers) {
    const name = blockOf(layer.path)
    const last = blocks.at(-1)
    if (last && last.name === name) last.layers.push(layer)
    else blocks.push({ name, layers: [layer] })
  }
  return blocks
}

/** A layer's path within its block.
 * @param {Layer} layer @param {string} block */
export const within = (layer, block) => (block && layer.path.startsWith(`${block}.`) ? layer.path.slice(block.length + 1) : layer.path)

/** Size of a layer's output, channels first.
 * @param {Layer} layer */
export const sizeOf = ({ channels, height, width }) => (height * width === 1 ? `${channels}` : `${channels} × ${height} × ${width}`)
