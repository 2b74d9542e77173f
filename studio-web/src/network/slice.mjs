/** @typedef {import('./types').Slice} Slice */

/** What the tab shows, as a link has it. */

export const SORTS = /** @type {const} */ (['index', 'activity', 'variation'])

export const PANELS = /** @type {const} */ (['answer', 'sum', 'field', 'patches', 'kernels', 'compare', 'table'])

/** @type {Slice} */
export const START = {
  name: null,
  picture: null,
  second: null,
  layer: null,
  channel: null,
  place: null,
  sort: 'index',
  palette: 'auto',
  scale: 'map',
  filter: 'all',
  panel: 'answer',
  difference: false,
  walking: false,
  zoom: 1,
  shift: [0, 0],
  word: null,
  tick: 0,
}

/** @param {Slice} slice @returns {Record<string, string>} */
export function toLink({ name, layer, channel, place, sort, palette, scale, filter, panel }) {
  const entries = {
    network: name,
    layer,
    map: channel,
    pixel: place?.join(','),
    sort: sort === START.sort ? null : sort,
    colours: palette === START.palette ? null : palette,
    ends: scale === START.scale ? null : scale,
    layers: filter === START.filter ? null : filter,
    panel: panel === START.panel ? null : panel,
  }
  return Object.fromEntries(Object.entries(entries).flatMap(([key, value]) => (value === null || value === undefined ? [] : [[key, String(value)]])))
}

/** @param {URLSearchParams} link @returns {Partial<Slice>} */
export function fromLink(link) {
  const whole = (/** @type {string} */ key) => (/^\d{1,7}$/.test(link.get(key) ?? '') ? Number(link.get(key)) : null)
  const pixel = /^(\d{1,5}),(\d{1,5})$/.exec(link.get('pixel') ?? '')
  const layer = whole('layer')
  const channel = layer === null ? null : whole('map')
  return {
    name: link.get('network') || null,
    layer,
    channel,
    place: pixel && channel !== null ? [Number(pixel[1]), Number(pixel[2])] : null,
    ...oneOf(link, 'sort', 'sort', SORTS),
    ...oneOf(link, 'colours', 'palette', ['magma']),
    ...oneOf(link, 'ends', 'scale', ['layer']),
    ...oneOf(link, 'layers', 'filter', ['blocks']),
    ...oneOf(link, 'panel', 'panel', PANELS),
  }
}

/** @param {URLSearchParams} link @param {string} key @param {keyof Slice} name @param {readonly string[]} allowed */
function oneOf(link, key, name, allowed) {
  const value = link.get(key)
  return value !== null && allowed.includes(value) ? { [name]: value } : {}
}
