// What core of the page answers to the questions of test_core.py: a line of JSON in, a line of JSON out.
import { createInterface } from 'node:readline'
import { legalSizes, pads, unread } from '../../studio-web/src/core/axis.mjs'
import { spellings } from '../../studio-web/src/core/code.mjs'
import { outputShape, weightShape } from '../../studio-web/src/core/conv.mjs'
import { MODES, PADDING, conventionsFor, verdict } from '../../studio-web/src/core/conventions.mjs'
import { costOf } from '../../studio-web/src/core/cost.mjs'
import { derivation } from '../../studio-web/src/core/derivation.mjs'
import { fieldsOf, inputsOf } from '../../studio-web/src/core/field.mjs'
import { forward } from '../../studio-web/src/core/forward.mjs'
import { response } from '../../studio-web/src/core/frequency.mjs'
import { KERNELS, doesWords, kernelNamed } from '../../studio-web/src/core/kernels.mjs'
import { parseRecipe } from '../../studio-web/src/core/recipe.mjs'
import { writeRecipe } from '../../studio-web/src/core/spell.mjs'
import { spectrumOf } from '../../studio-web/src/convolution/kernel/spectrum.mjs'
import { kernelNumbers } from '../../studio-web/src/convolution/weights.mjs'
import { gather, partialSums, scatter } from '../../studio-web/src/core/terms.mjs'
import { learn } from '../../studio-web/src/core/words.mjs'
import { texts } from '../../studio-web/src/words/core.mjs'

learn(texts)

const QUESTIONS = {
  read({ text }) {
    const { conv, error, code, ways } = parseRecipe(text)
    return conv ? { conv, text: writeRecipe(conv) } : { code, error, ways }
  },

  describe({ text, shape }) {
    const { conv } = parseRecipe(text)
    return tried(() => ({
      output: outputShape(conv, shape),
      weight: weightShape(conv),
      pads: conv.axes.map((axis, i) => pads(axis, shape[i + 1], conv.transposed)),
      unread: conv.axes.map((axis, i) => unread(axis, shape[i + 1], conv.transposed)),
      legal: conv.axes.map((axis, i) => legalSizes(axis, shape[i + 1], conv.transposed)),
      cost: costOf(conv, shape),
      lines: derivation(conv, shape).map(({ words }) => words),
      fields: fieldsOf([conv], shape)[0].map((field) => [0, 1, 2].map((o) => inputsOf(field, o))),
    }))
  },

  compute({ text, shape, input, weight, bias, cells, sources }) {
    const { conv } = parseRecipe(text)
    const x = { data: Float64Array.from(input), shape }
    const w = { data: Float64Array.from(weight), shape: weightShape(conv) }
    const y = forward(conv, x, w, bias && Float64Array.from(bias))
    const terms = cells.map(([k, ...place]) => gather(conv, x, w, k, place))
    return {
      output: [...y.data],
      sums: terms.map((each) => each.reduce((sum, { product }) => sum + product, 0)),
      partial: terms.map((each) => partialSums(each).map(({ sum }) => sum)),
      scattered: sources.map(([channel, ...place]) => scatter(conv, x, w, channel, place).map(({ k, to, product }) => [k, to, product])),
    }
  },

  chain: ({ texts, shape }) =>
    fieldsOf(texts.map((text) => parseRecipe(text).conv), shape).map((fields) => fields.map((field) => [field.jump, field.start, [0, 1, 5].map((o) => inputsOf(field, o))])),

  conventions: ({ axis, n, rank }) => ({ rows: conventionsFor(axis, n, rank), verdict: verdict(axis, n) }),
  modes: ({ mode, n, from, to }) => Array.from({ length: to - from }, (_, i) => MODES[mode].index(from + i, n)),
  names: () => ({ PADDING: names(PADDING), MODES: names(MODES) }),
  kernels: () => KERNELS.map((kernel) => ({ ...kernel, words: doesWords(kernel) })),
  kernel: ({ name }) => kernelNamed(name),
  response: ({ kernel, rows, columns }) => [...response(kernel, rows, columns)],
  spectra: ({ sides }) => KERNELS.flatMap(({ name }) => sides.flatMap((side) => {
    const [square, row] = [kernelNumbers(name, [side, side]), kernelNumbers(name, [side])]
    return [
      { name, sizes: [side, side], numbers: square, says: spectrumOf(square, [side, side]).kind },
      { name, sizes: [side], numbers: row, says: spectrumOf(row, [1, side], true).kind },
    ]
  })),
  code: ({ text, shape }) => spellings(parseRecipe(text).conv, shape),
}

const names = (table) => Object.fromEntries(Object.entries(table).map(([name, row]) => [name, row.names]))

function tried(work) {
  try {
    return work()
  } catch (error) {
    if (!error.words) throw error
    return { code: error.code, error: error.words, ways: error.ways }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { ask, ...facts } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify(QUESTIONS[ask](facts))}\n`)
}
