// Builds the page's module and style sheet into the package; with --check, says whether they are as built.
import { readFile, writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const HERE = new URL('.', import.meta.url)
const STATIC = new URL('../src/kaiyan/studio/static/', HERE)
/** 60 KB were planned; docs/decisions/0013-studio.md says what the rest is. */
const MOST_GZIPPED = 146 * 1024

/** @satisfies {import('esbuild').BuildOptions} */
const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', write: false, legalComments: 'eof' }
const entries = { 'studio.mjs': 'src/main.mjs', 'studio.css': 'src/style/studio.css' }

let gzipped = 0
for (const [name, source] of Object.entries(entries)) {
  const { outputFiles } = await build({ ...options, entryPoints: [new URL(source, HERE).pathname] })
  const { contents } = outputFiles[0]
  const place = new URL(name, STATIC)
  gzipped += gzipSync(contents).length
  if (!process.argv.includes('--check')) await writeFile(place, contents)
  else if (!(await readFile(place)).equals(Buffer.from(contents))) {
    console.error(`${name} in the package is not what studio-web/src builds: run "npm run build" and commit it`)
    process.exitCode = 1
  }
}
console.log(`studio.mjs and studio.css: ${gzipped} bytes gzipped of ${MOST_GZIPPED}`)
if (gzipped > MOST_GZIPPED && process.argv.includes('--check')) process.exitCode = 1
