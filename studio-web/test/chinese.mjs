import { texts as convolution } from '../src/words/convolution.mjs'
import { texts as core } from '../src/words/core.mjs'
import { texts as faces } from '../src/words/faces.mjs'
import { texts as fixit } from '../src/words/fixit.mjs'
import { texts as network } from '../src/words/network.mjs'
import { texts as train } from '../src/words/train.mjs'
import { texts as page } from '../src/words/page.mjs'

/** Chinese by English text, of all that the page brings in parts. @type {Record<string, string>} */
export const CHINESE = { ...page, ...core, ...convolution, ...network, ...fixit, ...train, ...faces }
