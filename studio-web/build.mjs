// Builds the page into the package; with --check, says whether the package has what the source builds. Says where what
// is fetched before the first picture moves has become too heavy.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { asOne, gzipped, inParts } from './bundle.mjs'

const STATIC = new URL('../src/kaiyan/studio/static/', import.meta.url)
const PARTS = 'page/'
/** Bytes gzipped: docs/decisions/0013-studio.md says what is loaded when. */
const MOST_AT_FIRST = { English: 57_000, Chinese: 63_000 }
const MOST_IN_ALL = 181_000

const whole = await asOne()
const { files: parts, first, chinese } = await inParts()
const names = first.map((name) => name.slice(PARTS.length))
parts.set(`${PARTS}first.json`, new TextEncoder().encode(`${JSON.stringify(names, null, 1)}\n`))

if (process.argv.includes('--check')) await compare(new Map([...whole, ...parts]))
else await write(new Map([...whole, ...parts]))
weigh('fetched at first, in English', gzipped(parts, first), MOST_AT_FIRST.English)
weigh('fetched at first, in Chinese', gzipped(parts, [...first, ...chinese]), MOST_AT_FIRST.Chinese)
weigh('all of it, in one file', gzipped(whole, whole.keys()), MOST_IN_ALL)

/** @param {import('./bundle.mjs').Files} files */
async function write(files) {
  await mkdir(new URL(PARTS, STATIC), { recursive: true })
  for (const name of await standing()) if (!files.has(name)) await rm(new URL(name, STATIC))
  for (const [name, contents] of files) await writeFile(new URL(name, STATIC), contents)
}

/** @param {import('./bundle.mjs').Files} files */
async function compare(files) {
  const stand = await standing()
  for (const name of stand) if (!files.has(name)) fail(`${name} in the package is not built from studio-web/src any more`)
  for (const [name, contents] of files)
    if (!stand.includes(name) || !(await readFile(new URL(name, STATIC))).equals(contents)) fail(`${name} in the package is not what studio-web/src builds`)
}

/** Names of what was built before. */
async function standing() {
  const parts = await readdir(new URL(PARTS, STATIC)).catch(() => [])
  const ones = (await readdir(STATIC)).filter((name) => name.startsWith('studio.'))
  return [...ones, ...parts.map((name) => PARTS + name)]
}

/** @param {string} what @param {number} bytes @param {number} most */
function weigh(what, bytes, most) {
  console.log(`${what}: ${bytes} bytes gzipped, of ${most}`)
  if (bytes > most && process.argv.includes('--check')) fail(`too heavy: ${what}`)
}

/** @param {string} why */
function fail(why) {
  console.error(why)
  process.exitCode = 1
}
