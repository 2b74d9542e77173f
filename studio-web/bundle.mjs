import { gzipSync } from 'node:zlib'
import { readFile } from 'node:fs/promises'
import { build } from 'esbuild'

/** @typedef {import('esbuild').Metafile['outputs']} Outputs @typedef {Map<string, Uint8Array>} Files by their names in static/ */

/** @satisfies {import('esbuild').BuildOptions} */
const OPTIONS = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  preserveSymlinks: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  write: false,
  outdir: '/',
  outExtension: { '.js': '.mjs' },
  legalComments: 'eof',
}

/** What `page.mjs` begins with. */
const FIRST = ['src/app/app.mjs', 'src/host/served.mjs', 'src/tabs.mjs']

/** Every part that is brought later stands on all of the first, so that the first is one part and not many small ones.
 * @type {import('esbuild').Plugin} */
const onTheFirst = {
  name: 'on the first',
  setup({ onLoad, onResolve, initialOptions }) {
    const imports = FIRST.map((source) => `import '${initialOptions.absWorkingDir}/${source}';`).join('')
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' ? { path: new URL(path, `file://${resolveDir}/`).pathname, pluginData: 'later' } : null,
    )
    onLoad({ filter: /\.mjs$/ }, async ({ path, pluginData }) =>
      pluginData === 'later' ? { contents: imports + (await readFile(path, 'utf8')), loader: 'js' } : null,
    )
  },
}

/** The page in one module and one style sheet, for notebooks and for files: what it brings later lies in it.
 * @returns {Promise<Files>} */
export async function asOne() {
  const { outputFiles } = await build({ ...OPTIONS, entryPoints: { studio: 'src/main.mjs' } })
  const sheets = await build({ ...OPTIONS, entryPoints: ['src/style/studio.css'] })
  return new Map([...outputFiles, ...sheets.outputFiles].map(({ path, contents }) => [path.slice(1), contents]))
}

/** The page in parts, for a server; the sources of each in src/; which of them it begins with, and what Chinese adds.
 * @returns {Promise<{ files: Files, sources: Map<string, string[]>, first: string[], chinese: string[] }>} */
export async function inParts() {
  const { outputFiles, metafile } = await build({ ...OPTIONS, entryPoints: { page: 'src/page.mjs' }, splitting: true, metafile: true, plugins: [onTheFirst] })
  const sheets = await build({ ...OPTIONS, entryPoints: ['page', 'sides', 'network', 'fixit', 'train', 'faces'].map((name) => `src/style/${name}.css`) })
  const names = namesOf(metafile.outputs)
  const renamed = outputFiles.map(({ path, text }) => {
    const said = [...names].reduce((code, [before, name]) => code.replaceAll(before, name), text)
    return /** @type {const} */ ([`page/${names.get(fileOf(path))}`, new TextEncoder().encode(said)])
  })
  const files = new Map([...renamed, ...sheets.outputFiles.map(({ path, contents }) => /** @type {const} */ ([`page${path}`, contents]))])
  const reached = (/** @type {string} */ source) => reachedFrom(metafile.outputs, source).map((path) => `page/${names.get(path)}`)
  const first = ['page/page.css', ...reached('src/page.mjs')]
  const sources = new Map(
    Object.entries(metafile.outputs).map(([path, { inputs }]) => [
      `page/${names.get(fileOf(path))}`,
      Object.keys(inputs).filter((source) => source.startsWith('src/')).map((source) => source.slice('src/'.length)),
    ]),
  )
  return { files, sources, first, chinese: reached('src/words/page.mjs').filter((name) => !first.includes(name)) }
}

/** Names that stay from build to build, wherever it stands: a part is called after the source that it begins with; what
 * several parts share after the one of its sources with the shortest name.
 * @param {Outputs} outputs @returns {Map<string, string>} */
export function namesOf(outputs) {
  return new Map(
    Object.entries(outputs).map(([path, { entryPoint, inputs }]) => {
      const [shortest] = Object.keys(inputs).map(plain).sort((one, other) => one.length - other.length || (one < other ? -1 : 1))
      return [fileOf(path), entryPoint ? `${plain(entryPoint)}.mjs` : `${shortest}-shared.mjs`]
    }),
  )
}

/** A source in a name of one word; of a package, from the package on.
 * @param {string} source */
const plain = (source) => source.replace(/^(.*node_modules|src)\//, '').replace(/\.m?js$/, '').replaceAll('/', '-')

/** The part that begins with a source, and all that it imports at once.
 * @param {Outputs} outputs @param {string} source @returns {string[]} */
function reachedFrom(outputs, source) {
  const start = Object.keys(outputs).find((path) => outputs[path].entryPoint === source)
  if (!start) throw new Error(`no part begins with ${source}`)
  const reached = new Set([start])
  for (const path of reached) for (const { path: next, kind } of outputs[path].imports) if (kind === 'import-statement') reached.add(next)
  return [...reached].map(fileOf)
}

/** @param {string} path */
const fileOf = (path) => path.slice(path.lastIndexOf('/') + 1)

/** Bytes of files when each is gzipped. @param {Files} files @param {Iterable<string>} names */
export const gzipped = (files, names) => [...names].reduce((sum, name) => sum + gzipSync(/** @type {Uint8Array} */ (files.get(name)), { level: 9 }).length, 0)
