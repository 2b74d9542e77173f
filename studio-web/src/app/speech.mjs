import { learn } from '../core/words.mjs'

/** @typedef {import('../types').App} App @typedef {import('../types').State['lang']} Language @typedef {keyof typeof CHINESE} Room */

/** Chinese is brought where it is spoken, with the part of the page that speaks it. English stands in the source. */
const CHINESE = {
  page: () => import('../words/page.mjs'),
  core: () => import('../words/core.mjs'),
  convolution: () => import('../words/convolution.mjs'),
  network: () => import('../words/network.mjs'),
  fixit: () => import('../words/fixit.mjs'),
  train: () => import('../words/train.mjs'),
  faces: () => import('../words/faces.mjs'),
}

/** Which rooms speak on a page, and what was brought for them. @param {import('../types').App['bring']} bring */
export function createSpeech(bring) {
  /** @type {Set<Room>} */
  const speaking = new Set()
  /** @type {Set<Room>} */
  const known = new Set()
  const missing = () => [...speaking].filter((room) => !known.has(room))

  const bringRoom = async (/** @type {Room} */ room) => {
    learn((await bring(CHINESE[room])).texts)
    known.add(room)
  }

  return {
    /** A room speaks from now on. @param {Room} room */
    add: (room) => void speaking.add(room),
    /** Whether all that speak know a language. @param {Language} lang */
    knows: (lang) => lang === 'en' || missing().length === 0,
    /** Until all that speak know a language, also those that begin to meanwhile. @param {Language} lang */
    async learned(lang) {
      while (lang === 'zh' && missing().length) await Promise.all(missing().map(bringRoom))
    },
  }
}
