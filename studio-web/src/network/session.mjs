import { mapsFrom } from './maps.mjs'
import { createQuestions } from './questions.mjs'

/** What Python says about the network, the pictures and the place that the state names. */

/** @typedef {import('../types').App} App @typedef {import('./types').Slice} Slice @typedef {import('./types').Look} Look */
/** @typedef {import('./types').Opened} Opened @typedef {import('./types').Listed} Listed @typedef {import('./types').Picture} Picture */
/** @template Value @typedef {import('./types').Task<Value>} Task */
/** @typedef {ReturnType<typeof createSession>} Session @typedef {ReturnType<Session['see']>} Seen */

let looked = 0

/** @param {App} app @param {(name: string) => Picture | null} pictureCalled @param {() => void} changed */
export function createSession(app, pictureCalled, changed) {
  const questions = createQuestions(changed)
  const ask = app.host.ask.bind(app.host)

  const list = () =>
    questions.of('list', '', async (signal) => /** @type {Listed[]} */ ((await ask('network.list', {}, [], signal)).facts.networks))

  const open = (/** @type {string} */ name) =>
    questions.of('open', name, async (signal) => /** @type {Opened} */ ((await ask('network.open', { name }, [], signal)).facts))

  /** @param {0 | 1} slot @param {Opened} opened @param {Picture | null} picture */
  const look = (slot, opened, picture) => {
    if (!picture) return null
    return questions.of(`look ${slot}`, `${opened.name} ${picture.name}`, async (signal) => {
      const { height, width, title, rgb } = picture
      return lookFrom(opened, picture, await ask('network.look', { slot, height, width, name: title }, [rgb], signal))
    })
  }

  const fields = (/** @type {Opened} */ opened) =>
    questions.of('fields', opened.name, async (signal) => fieldsFrom(await ask('network.fields', {}, [], signal)))

  return {
    questions,
    /** Everything that the state needs; asks for what is not here.
     * @param {Slice} slice */
    see(slice) {
      const listed = list()
      const name = slice.name ?? firstOf(listed.value)
      const opened = name === null ? null : open(name)
      const network = opened?.value ?? null
      const looks = network ? [look(0, network, called(slice.picture)), look(1, network, called(slice.second))] : [null, null]
      const isSeen = looks[0]?.state === 'here'
      return { listed, name, opened, network, looks, look: looks[0]?.value ?? null, fields: network && isSeen ? fields(network) : null }
    },
    /** A channel's map as the network computed it, while it is in focus.
     * @param {Look} about @param {{ layer: number, channel: number }} place @returns {Float32Array | null} */
    map(about, { layer, channel }) {
      const facts = { slot: 0, layer, channel }
      const task = questions.of('map', `${about.number} ${layer} ${channel}`, async (signal) => new Float32Array((await ask('network.map', facts, [], signal)).bytes[0].slice().buffer))
      return task.value
    },
    /** A question about a place of what was looked at.
     * @param {string} kind @param {Look} about @param {object} facts */
    about(kind, about, facts) {
      return questions.of(kind, `${about.number} ${JSON.stringify(facts)}`, (signal) => ask(`network.${kind}`, facts, [], signal))
    },
  }

  /** @param {string | null} name */
  function called(name) {
    return name === null ? null : pictureCalled(name)
  }
}

/** @param {Listed[] | null} listed */
const firstOf = (listed) => listed?.find(({ needs }) => !needs)?.name ?? null

/** @param {Opened} opened @param {Picture} picture @param {import('../types').Reply} reply @returns {Look} */
export function lookFrom(opened, picture, { facts, bytes }) {
  const maps = mapsFrom(opened.layers, facts.statistics, bytes.slice(1, -1), bytes[bytes.length - 1])
  return { number: ++looked, picture, crop: facts.crop, input: bytes[0], maps, top: facts.top ?? null, seconds: facts.seconds }
}

/** @param {import('../types').Reply} reply @returns {import('./types').Edges[]} */
export function fieldsFrom({ facts, bytes }) {
  return facts.layers.map((/** @type {any} */ { status, holes, views, channels, lost }, /** @type {number} */ i) => {
    const ends = new Int32Array(bytes[i].slice().buffer)
    const each = views ? ends.length / views : 0
    return { status, holes, lost, which: channels, views: Array.from({ length: views }, (_, view) => ends.subarray(view * each, (view + 1) * each)) }
  })
}
