/** Sentences of the stage: what the eye sees, for those who do not look.
 * @typedef {import('../types').Say} Say */

/** A place in words: row and column, with the slice before them, or one number.
 * @param {Say} t @param {number[]} place */
export function placeWords(t, place) {
  if (place.length === 1) return t('place {column}', { column: place[0] })
  if (place.length === 2) return t('row {row}, column {column}', { row: place[0], column: place[1] })
  return t('slice {slice}, row {row}, column {column}', { slice: place[0], row: place[1], column: place[2] })
}

/** @param {Say} t @param {{ place: number[], channel: number, value: string, products: number, padding: number, bias: boolean, channels: number }} facts */
export function outputWords(t, { place, channel, value, products, padding, bias, channels }) {
  const where = channels > 1
    ? t('output {place} of channel {channel}', { place: placeWords(t, place), channel })
    : t('output {place}', { place: placeWords(t, place) })
  const sum = products === 1 ? t('{where}: {value} = 1 product', { where, value }) : t('{where}: {value} = {n} products', { where, value, n: products })
  const outside = padding ? t(', {n} of them from padding', { n: padding }) : ''
  return sum + outside + (bias ? t(' + bias') : '')
}

/** @param {Say} t @param {{ place: number[], value: string, products: number }} facts */
export const inputWords = (t, { place, value, products }) =>
  t('input {place}: {value} × the kernel, added to {n} outputs', { place: placeWords(t, place), value, n: products })

/** A map's title: its name and sizes, and which channel stands in front.
 * @param {string} name @param {number[]} shape channels first @param {string} [front] */
export const title = (name, shape, front) =>
  `${name}  ${(shape[0] === 1 ? shape.slice(1) : shape).join(' × ')}${front ? ` · ${front}` : ''}`
