import { at, toLayer } from './moves.mjs'

/** Walks down the layers, one after the other. */

const PAUSE = 600

/** @param {() => import('./context').Context | null} now @param {(changes: Partial<import('./types').Slice>) => void} change */
export function createWalk(now, change) {
  let timer = 0
  const step = () => {
    const context = now()
    if (!context) return
    const { pixel, look } = context
    const start = pixel ?? { layer: -1, channel: 0, row: 0, column: 0 }
    if (start.layer === look.maps.length - 1) return change({ walking: false })
    if (pixel) return change(at(toLayer(pixel, look, pixel.layer + 1)))
    change({ layer: 0, channel: null, place: null })
  }
  return {
    /** @param {boolean} walking */
    follow(walking) {
      if (walking === Boolean(timer)) return
      clearInterval(timer)
      timer = walking ? Number(setInterval(step, PAUSE)) : 0
      if (walking) step()
    },
  }
}
