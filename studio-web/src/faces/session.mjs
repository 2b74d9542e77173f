import { createQuestions } from '../network/questions.mjs'
import { foundFrom, rowsFrom, stagesFrom } from './arriving.mjs'

/** Photographs in this tab's memory, and what Python says about them. */

/** @typedef {import('../types').App} App @typedef {import('./types').Photograph} Photograph @typedef {import('./types').Face} Face */
/** @typedef {import('./types').Found} Found @typedef {import('./types').Who} Who @typedef {import('./types').Person} Person */
/** @typedef {ReturnType<typeof createSession>} Session */

const MOST_PHOTOGRAPHS = 8
/** Pixels of the longest side: a face takes 80. */
const LONGEST = 1600

/** @param {App} app @param {() => void} changed */
export function createSession(app, changed) {
  const questions = createQuestions(changed)
  const ask = app.host.ask.bind(app.host)
  /** @type {Map<number, Photograph>} */
  const photographs = new Map()
  let count = 0

  const sent = (/** @type {Photograph} */ { height, width }) => ({ height, width })

  return {
    questions,
    photographs: () => [...photographs.values()],
    /** @param {number | null} id */
    photograph: (id) => photographs.get(id ?? -1) ?? null,

    /** Reads a file and keeps its pixels; the oldest of many photographs goes.
     * @param {Blob} file @param {string} title @returns {Promise<Photograph>} */
    async take(file, title) {
      const { facts, bytes } = await ask('picture.read', { name: title, longest: LONGEST }, [new Uint8Array(await file.arrayBuffer())])
      const photo = { id: ++count, title, height: facts.height, width: facts.width, rgb: bytes[0], notes: facts.notes }
      photographs.set(photo.id, photo)
      for (const id of [...photographs.keys()].slice(0, -MOST_PHOTOGRAPHS)) this.forget(id)
      return photo
    },
    /** @param {number} id */
    forget(id) {
      photographs.delete(id)
      questions.forget((name) => name.endsWith(` ${id}`) || name.startsWith(`layers photo ${id} `))
    },

    /** @param {Photograph} photo */
    find: (photo) => questions.of(`find ${photo.id}`, '', async (signal) => foundFrom(photo, await ask('faces.find', sent(photo), [photo.rgb], signal))),
    /** @param {Photograph} photo @param {number} version of the gallery */
    who: (photo, version) =>
      questions.of(`who ${photo.id}`, String(version), async (signal) => /** @type {Who} */ ((await ask('faces.who', sent(photo), [photo.rgb], signal)).facts)),
    /** @param {number} version of the gallery */
    people: (version) =>
      questions.of('people', String(version), async (signal) => /** @type {{ path: string, people: Person[] }} */ ((await ask('faces.people', {}, [], signal)).facts)),
    /** What is kept of a person. @param {string} name @param {number} version of the gallery */
    kept: (name, version) => questions.of(`kept ${name}`, String(version), async (signal) => rowsFrom((await ask('faces.person', { name }, [], signal)).bytes[0])),
    card: () => questions.of('card', '', async (signal) => /** @type {[import('../types').Words, import('../types').Words][]} */ ((await ask('faces.card', {}, [], signal)).facts.rows)),
    /** @param {Face} face */
    layers: (face) => questions.of(`layers ${face.key}`, '', async (signal) => stagesFrom(await ask('faces.layers', {}, [face.chip.slice()], signal))),

    /** @param {Face} face @param {string} name @param {string} consent */
    add: async ({ photo, index }, name, consent) => (await ask('faces.add', { ...sent(photo), face: index, name, consent }, [photo.rgb])).facts,
    /** @param {string} name */
    remove: async (name) => (await ask('faces.remove', { name })).facts,
    export: () => ask('faces.export'),
  }
}
