import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXAMPLES } from '../src/fixit/examples.mjs'
import { applied, fromLink, START, toLink, undone, width } from '../src/fixit/slice.mjs'
import { CHINESE } from './chinese.mjs'

test('a link names an example and never holds what was pasted', () => {
  for (const { name, text } of EXAMPLES.slice(1)) {
    const link = toLink({ ...START, example: name, text })
    assert.deepEqual(fromLink(new URLSearchParams(link)), { example: name, text })
    assert.deepEqual(toLink({ ...START, example: name, text: `${text}secret = 1` }), {})
  }
  assert.deepEqual(toLink(START), {})
  assert.deepEqual(fromLink(new URLSearchParams('fix=<script>')), {})
})

test('a fix is applied, and undone to what stood there', () => {
  const before = { ...START, text: 'a', shape: '1x3' }
  const after = { ...before, ...applied(before, { text: 'b', shape: null }) }
  assert.deepEqual([after.text, after.shape, after.mended], ['b', '1x3', true])
  const back = { ...after, ...undone(after) }
  assert.deepEqual([back.text, back.shape, back.back, back.mended], ['a', '1x3', [], false])
  assert.equal(undone(back), null)
})

test('every trouble is named in Chinese', () => {
  for (const { label } of EXAMPLES) assert.ok(CHINESE[label], label)
})

test('more numbers are drawn wider, and all can be seen', () => {
  assert.ok(width([1, 64, 112, 112]) > width([1, 3, 112, 112]))
  assert.ok(width([0]) > 0 && width([1e6, 1e6]) === 1)
})
