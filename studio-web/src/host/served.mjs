import { pack, unpack } from './frame.mjs'
import { foreign, lost, Refused, shut, tooLarge } from './refusal.mjs'
import { whileWanted } from './wanted.mjs'

/** @typedef {import('../types').Connection} Connection */

/** Bytes of the largest question that the server takes. */
const MOST = 32 * 2 ** 20
/** Milliseconds from one knock at a server that did not answer to the next. */
const KNOCK = 2000

/** The server that gave this page. A connection that is lost is said to who listens, and taken up again: what was
 * asked while it was away is asked once more.
 * @param {import('../types').Boot} boot @returns {import('../types').Host} */
export function served(boot) {
  const page = crypto.randomUUID()
  const line = connection()

  /** @param {Uint8Array<ArrayBuffer>} body @param {AbortSignal} [signal] */
  const post = (body, signal) =>
    fetch('/ask', {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', 'Kaiyan-Page': page },
      body,
      signal,
    })

  return {
    kind: 'served',
    boot,
    onConnection: line.listen,
    back: () => line.back(),
    sheet,
    async ask(kind, facts = {}, bytes = [], signal) {
      const body = pack({ kind, ...facts }, bytes)
      if (body.byteLength > MOST) throw tooLarge(body.byteLength, MOST)
      signal?.throwIfAborted()
      let answer
      try {
        answer = await post(body, signal)
      } catch (error) {
        if (signal?.aborted) throw error
        await line.back(signal)
        answer = await post(body, signal).catch((again) => {
          throw signal?.aborted ? again : lost()
        })
      }
      const reply = await replyOf(answer)
      if (reply.facts.refusal) throw new Refused(reply.facts.refusal)
      return reply
    },
  }
}

/** @param {Response} answer */
async function replyOf(answer) {
  if (answer.status === 403) throw shut()
  if (answer.headers.get('Content-Type') !== 'application/octet-stream') throw foreign()
  const body = await answer.arrayBuffer().catch(() => {
    throw lost()
  })
  try {
    return unpack(body)
  } catch {
    throw foreign()
  }
}

/** Brings a tab's style sheet, which lies beside the module. @param {string} name @returns {Promise<void>} */
function sheet(name) {
  const href = new URL(`${name}.css`, import.meta.url).href
  const isHere = [...document.styleSheets].some((each) => each.href === href)
  if (isHere) return Promise.resolve()
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = href
  return new Promise((resolve, reject) => {
    link.addEventListener('load', () => resolve())
    link.addEventListener('error', () => {
      link.remove()
      reject(new TypeError(`the style sheet ${name} did not come`))
    })
    document.head.append(link)
  })
}

/** Whether the server answers: knocked at quietly while it does not. */
function connection() {
  /** @type {Set<(state: Connection) => void>} */
  const listeners = new Set()
  /** @type {Promise<void> | null} */
  let away = null

  const tell = (/** @type {Connection} */ state) => listeners.forEach((listener) => listener(state))

  const knock = async () => {
    tell('lost')
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, KNOCK))
      const there = await fetch('/icon.svg', { cache: 'no-store' }).catch(() => null)
      if (there) break
    }
    away = null
    tell(null)
  }

  return {
    /** Gives what ends the listening. @param {(state: Connection) => void} listener */
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** Waits until the server answers again, or until nobody wants to know. @param {AbortSignal} [signal] */
    async back(signal) {
      away ??= knock()
      await whileWanted(away, signal)
    },
  }
}
