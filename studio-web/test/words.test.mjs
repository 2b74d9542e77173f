import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { inParts } from '../bundle.mjs'
import { speaker } from '../src/core/words.mjs'
import { TABS } from '../src/tabs.mjs'
import { texts as convolution } from '../src/words/convolution.mjs'
import { texts as core } from '../src/words/core.mjs'
import { texts as faces } from '../src/words/faces.mjs'
import { texts as fixit } from '../src/words/fixit.mjs'
import { texts as network } from '../src/words/network.mjs'
import { texts as page } from '../src/words/page.mjs'
import { texts as train } from '../src/words/train.mjs'
import { CHINESE } from './chinese.mjs'

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

/** The Chinese that is here when a part speaks; what core refuses, and the names of examples, are shown where
 * those words are brought. @type {Record<string, Record<string, string>>} */
const HERE = { 'page/tabs-shared.mjs': { ...page, ...core, ...fixit }, 'page/network-tab.mjs': { ...page, ...core, ...network }, 'page/fixit-tab.mjs': { ...page, ...core, ...fixit }, 'page/train-digits-digits.mjs': { ...page, ...core, ...train }, 'page/train-tab.mjs': { ...page, ...core, ...train }, 'page/faces-tab.mjs': { ...page, ...core, ...faces } }
const BESIDE = { ...page, ...core, ...convolution }

test('what a part of the page says is in the Chinese that is brought with it', async () => {
  const { sources: parts } = await inParts()
  for (const part of [...Object.keys(HERE), 'page/convolution-sides.mjs']) assert.ok(parts.has(part), part)
  for (const [part, names] of parts) {
    const texts = names.flatMap((name) => said(sources[files.indexOf(name)] ?? ''))
    assert.deepEqual(texts.filter((text) => !(text in (HERE[part] ?? BESIDE))), [], part)
  }
})

test('the tabs have their names before they are here', () => {
  for (const { title } of TABS) assert.ok(title in page, title)
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
