import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inParts, namesOf } from '../bundle.mjs'

test('a part and what it shares with others have names of their own, wherever the source stands', () => {
  const outputs = /** @type {any} */ ({
    'out/reading-A.js': { entryPoint: 'src/convolution/reading.mjs', inputs: {} },
    'out/chunk-B.js': { inputs: { 'src/convolution/reading.mjs': {}, 'src/convolution/photograph.mjs': {} } },
    'out/chunk-C.js': { inputs: { '../../../elsewhere/node_modules/lit-html/directives/ref.js': {} } },
  })
  const names = ['convolution-reading.mjs', 'convolution-reading-shared.mjs', 'lit-html-directives-ref-shared.mjs']
  assert.deepEqual([...namesOf(outputs).values()], names)
})

test('every part that is brought later has what it is asked for', async () => {
  const { files } = await inParts()
  const text = (/** @type {string} */ name) => new TextDecoder().decode(files.get(name))
  const asked = [...files.keys()].flatMap((name) => [...text(name).matchAll(/import\("\.\/([^"]+)"\)/g)].map(([, part]) => `page/${part}`))
  assert.ok(asked.length > 5)
  for (const part of asked) assert.match(text(part), /export\{[^}]*\bas [A-Za-z]{3,}/, part)
})
