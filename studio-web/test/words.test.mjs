import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { CHINESE, speaker } from '../src/core/words.mjs'

const SOURCE = new URL('../src/', import.meta.url)
const PLACES = /\{(\w+)\}/g

/** Texts that a source says: t('…'), and those of tables that are said later, marked by say('…'). */
const said = (/** @type {string} */ source) =>
  [...source.matchAll(/\b(?:t|say)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs)].map(([, , text]) => text.replaceAll("\\'", "'"))

const files = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith('.mjs'))
const sources = await Promise.all(files.map((name) => readFile(new URL(name, SOURCE), 'utf8')))

test('every text that is said has its Chinese', () => {
  const missing = sources.flatMap(said).filter((text) => !(text in CHINESE))
  assert.deepEqual(missing, [])
})

test('a text without Chinese is found', () => {
  assert.deepEqual(said("t('no such text', { n: 1 }) + t(\n  'it\\'s'\n)"), ['no such text', "it's"])
})

test('the places of a text and of its Chinese are the same', () => {
  const places = (/** @type {string} */ text) => [...text.matchAll(PLACES)].map(([, name]) => name).sort()
  for (const [english, chinese] of Object.entries(CHINESE)) assert.deepEqual(places(chinese), places(english), english)
})

test('no text stands in two files', async () => {
  const rooms = (await readdir(SOURCE, { recursive: true })).filter((name) => name.endsWith('zh.json'))
  const keys = (await Promise.all(rooms.map((name) => readFile(new URL(name, SOURCE), 'utf8')))).flatMap((text) => Object.keys(JSON.parse(text)))
  assert.equal(new Set(keys).size, keys.length)
})

test('facts fill their places', () => {
  assert.equal(speaker('en')('{n} of {all}', { n: 3, all: 9 }), '3 of 9')
})
