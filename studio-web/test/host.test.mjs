import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { alone } from '../src/host/alone.mjs'
import { pack } from '../src/host/frame.mjs'
import { notebook } from '../src/host/notebook.mjs'
import { served } from '../src/host/served.mjs'

const boot = { photograph: '/photograph' }
const refusal = (/** @type {string} */ code) => (/** @type {any} */ error) => error.refusal?.code === code && !!error.refusal.words.zh

/** @param {Uint8Array<ArrayBuffer>} body */
const framed = (body) => new Response(body, { headers: { 'Content-Type': 'application/octet-stream' } })
const good = () => framed(pack({ value: 1 }, [new Uint8Array([1, 2])]))

/** A network in which each request is answered by the next of these.
 * @param {import('node:test').TestContext} context @param {(() => Response)[]} answers */
function network(context, answers) {
  /** @type {any[]} */
  const asked = []
  context.mock.method(globalThis, 'fetch', async (/** @type {any} */ address, /** @type {any} */ options) => {
    asked.push([address, options])
    const answer = answers.shift()
    if (!answer) throw new TypeError('Failed to fetch')
    return answer()
  })
  return asked
}

test('a question is posted with the name of the page', async (context) => {
  const asked = network(context, [good, good])
  const host = served(boot)
  const reply = await host.ask('a.kind', { x: 1 }, [new Uint8Array(3)])
  assert.deepEqual([reply.facts, [...reply.bytes[0]]], [{ value: 1 }, [1, 2]])
  await host.ask('a.kind')
  const names = asked.map(([, options]) => options.headers['Kaiyan-Page'])
  assert.equal(names[0], names[1])
  assert.match(names[0], /^[0-9a-f-]{36}$/)
})

test('a refusal is thrown with its words', async (context) => {
  network(context, [() => framed(pack({ refusal: { code: 'no', words: { en: 'no', zh: '不' }, ways: [] } }, []))])
  await assert.rejects(served(boot).ask('a'), refusal('no'))
})

test('a server with another token says which address to open', async (context) => {
  network(context, [() => new Response('no', { status: 403 })])
  await assert.rejects(served(boot).ask('a'), refusal('another-start'))
})

test('what is no frame is no answer of ours', async (context) => {
  const proxy = () => new Response('<html>Sign in</html>', { headers: { 'Content-Type': 'text/html' } })
  network(context, [proxy, () => framed(new Uint8Array([9, 9, 9, 9, 9])), () => framed(new Uint8Array(2))])
  for (let i = 0; i < 3; i++) await assert.rejects(served(boot).ask('a'), refusal('foreign-answer'))
})

test('what is too large is not sent', async (context) => {
  const asked = network(context, [])
  await assert.rejects(served(boot).ask('a', {}, [new Uint8Array(33 * 2 ** 20)]), refusal('too-large'))
  assert.equal(asked.length, 0)
})

test('a lost connection is told, knocked at, and what was asked is asked again', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const lost = () => {
    throw new TypeError('Failed to fetch')
  }
  const asked = network(context, [lost, lost, () => new Response('<svg/>'), good])
  const host = served(boot)
  /** @type {any[]} */
  const told = []
  host.onConnection?.((state) => told.push(state))
  const answer = host.ask('a')
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    context.mock.timers.tick(2000)
  }
  assert.deepEqual((await answer).facts, { value: 1 })
  assert.deepEqual(told, ['lost', null])
  assert.deepEqual(asked.map(([address]) => address), ['/ask', '/icon.svg', '/icon.svg', '/ask'])
})

test('who does not want an answer any more is not kept waiting', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  network(context, [])
  const control = new AbortController()
  const answer = served(boot).ask('a', {}, [], control.signal)
  await new Promise((resolve) => setImmediate(resolve))
  control.abort()
  await assert.rejects(answer, { name: 'AbortError' })
})

const recorded = [
  { asked: { kind: 'network.kernels', layer: 0, channel: null }, answer: { shape: [1] }, parts: [deflateSync(new Uint8Array([5, 6])).toString('base64')] },
  { asked: { kind: 'network.look', slot: 0 }, like: [[10, 20, 30, 40]], answer: { top: null }, parts: [] },
]

test('a page from disk answers what was recorded', async () => {
  const { facts, bytes } = await alone({ ...boot, recorded }).ask('network.kernels', { layer: 0, name: 'more is said' })
  assert.deepEqual([facts, [...bytes[0]]], [{ shape: [1] }, [5, 6]])
})

test('maps that are those before, stretched or turned, are whole again', async () => {
  const small = (/** @type {number[]} */ bytes) => deflateSync(new Uint8Array(bytes)).toString('base64')
  const parts = [small([0, 100, 255, 7]), { after: 0, turned: '01', rest: small([1, 255, 0, 2]) }]
  const { bytes } = await alone({ ...boot, recorded: [{ asked: { kind: 'a' }, answer: {}, parts }] }).ask('a')
  assert.deepEqual([...bytes[1]], [1, 99, 0, 250])
})

test('a page from disk knows its picture again, and no other', async () => {
  const host = alone({ ...boot, recorded })
  const picture = Uint8Array.from([0, 11, 0, 0, 19, 0, 0, 33, 0, 0, 40, 0])
  assert.deepEqual((await host.ask('network.look', { slot: 0 }, [picture])).facts, { top: null })
  await assert.rejects(host.ask('network.look', { slot: 0 }, [new Uint8Array(12).fill(99)]), refusal('not-recorded'))
  await assert.rejects(host.ask('network.look', { slot: 0 }), refusal('not-recorded'))
})

test('a page from disk says what needs Python', async () => {
  const host = alone({ ...boot, recorded })
  await assert.rejects(host.ask('network.kernels', { layer: 1 }), refusal('not-recorded'))
  await assert.rejects(host.ask('network.kernels', { layer: 0, channel: 2 }), refusal('not-recorded'))
  await assert.rejects(host.ask('diagnose', { text: '' }), refusal('page-from-disk'))
  await assert.rejects(alone(boot).ask('network.list'), refusal('page-from-disk'))
})

test('a question that nobody wants any more is not sent, and nothing stays at its signal', async (context) => {
  const asked = network(context, [good])
  await assert.rejects(served(boot).ask('a', {}, [], AbortSignal.abort()), { name: 'AbortError' })
  assert.equal(asked.length, 0)
})

/** A kernel's model as anywidget gives it: what was sent, and its answers. */
function kernel() {
  /** @type {Map<string, Set<Function>>} */
  const listeners = new Map()
  /** @type {any[]} */
  const sent = []
  const model = {
    get: () => ({}),
    send: (/** @type {any} */ message) => void sent.push(message),
    on: (/** @type {string} */ name, /** @type {Function} */ listener) => void listeners.set(name, (listeners.get(name) ?? new Set()).add(listener)),
    off: (/** @type {string} */ name, /** @type {Function} */ listener) => void listeners.get(name)?.delete(listener),
  }
  const says = (/** @type {string} */ name, /** @type {any[]} */ ...facts) => listeners.get(name)?.forEach((listener) => listener(...facts))
  const answers = (/** @type {number} */ n, facts = { value: n }) => says('msg:custom', { ask: sent[n].ask, facts }, [])
  return { model, sent, says, answers, listening: () => [...listeners.values()].reduce((sum, { size }) => sum + size, 0) }
}

/** @param {import('../src/types').Host} host */
function told(host) {
  /** @type {any[]} */
  const states = []
  host.onConnection?.((state) => states.push(state))
  return states
}

test('a kernel answers each question by its number', async () => {
  const { model, answers } = kernel()
  const host = notebook(model)
  const both = [host.ask('a'), host.ask('b')]
  answers(1)
  answers(0)
  assert.deepEqual((await Promise.all(both)).map(({ facts }) => facts.value), [0, 1])
  const refused = host.ask('c')
  answers(2, /** @type {any} */ ({ refusal: { code: 'no', words: { en: 'no', zh: '不' }, ways: [] } }))
  await assert.rejects(refused, refusal('no'))
})

test('a kernel that is busy is said to be so after ten seconds, and what is waited for comes', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const { model, answers } = kernel()
  const host = notebook(model)
  const states = told(host)
  const answer = host.ask('a')
  context.mock.timers.tick(9_999)
  assert.deepEqual(states, [])
  context.mock.timers.tick(1)
  assert.deepEqual(states, ['busy'])
  answers(0)
  assert.deepEqual((await answer).facts, { value: 0 })
  assert.deepEqual(states, ['busy', null])
  context.mock.timers.tick(60_000)
  assert.deepEqual(states, ['busy', null])
})

test('a kernel that has ended is said, what waits is refused, and a later answer takes it up again', async () => {
  const { model, answers, says } = kernel()
  const host = notebook(model)
  const states = told(host)
  const waiting = host.ask('a')
  says('comm_live_update')
  await assert.rejects(waiting, refusal('kernel-gone'))
  assert.deepEqual(states, ['gone'])
  const again = host.ask('b')
  answers(1)
  assert.deepEqual((await again).facts, { value: 1 })
  assert.deepEqual(states, ['gone', null])
})

test('a kernel to which nothing can be sent is gone', async () => {
  const { model } = kernel()
  const host = notebook({ ...model, send: () => assert.fail('the comm is closed') })
  await assert.rejects(host.ask('a'), refusal('kernel-gone'))
})

test('a widget that is taken down leaves nobody waiting and nothing listening', async () => {
  const { model, listening } = kernel()
  const host = notebook(model)
  const waiting = host.ask('a')
  assert.equal(listening(), 2)
  host.close?.()
  await assert.rejects(waiting, refusal('kernel-gone'))
  assert.equal(listening(), 0)
})

test('a kernel is not asked what nobody wants, and an answer that comes late is let pass', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const { model, sent, answers } = kernel()
  const host = notebook(model)
  const states = told(host)
  await assert.rejects(host.ask('a', {}, [], AbortSignal.abort()), { name: 'AbortError' })
  assert.equal(sent.length, 0)
  const control = new AbortController()
  const answer = host.ask('b', {}, [], control.signal)
  context.mock.timers.tick(10_000)
  control.abort()
  await assert.rejects(answer, { name: 'AbortError' })
  context.mock.timers.tick(60_000)
  answers(0)
  assert.deepEqual(states, ['busy', null])
})
