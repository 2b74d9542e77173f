import { html } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { layered } from './changes.mjs'
import { parseRecipe } from '../core/recipe.mjs'
import { writeRecipe } from '../core/spell.mjs'
import { FACE, PHOTOGRAPH } from './pictures.mjs'
import { say } from './say.mjs'
import { START, biasOf } from './slice.mjs'
import { weightsFor } from './weights.mjs'

/** Layers to start from: the line, its first kernel, and where it helps another picture or view.
 * @typedef {{ name: string, title: string, group: string, line: string, kernel: string, changes?: Partial<import('./slice.mjs').Slice> }} Preset */

const GROUPS = [say('Filters'), say('Layers'), say('Ideas')]
const small = { picture: 'letter', side: 16, crop: null }

/** @type {Preset[]} */
export const PRESETS = [
  { name: 'sobel', group: 'Filters', title: say('Sobel: vertical edges'), line: 'nn.Conv2d(1, 1, 3, padding=1)', kernel: 'sobel-x' },
  { name: 'laplacian', group: 'Filters', title: say('Edges in all directions'), line: 'nn.Conv2d(1, 1, 3, padding=1)', kernel: 'laplacian-8' },
  { name: 'blur', group: 'Filters', title: say('Blur'), line: 'nn.Conv2d(1, 1, 5, padding=2)', kernel: 'gaussian' },
  { name: 'sharpen', group: 'Filters', title: say('Sharpen'), line: 'nn.Conv2d(1, 1, 3, padding=1)', kernel: 'sharpen' },
  { name: 'identity', group: 'Filters', title: say('Identity: nothing changes'), line: 'nn.Conv2d(1, 1, 3, padding=1)', kernel: 'identity' },
  { name: 'colour', group: 'Layers', title: say('Colour in, eight maps out'), line: 'nn.Conv2d(3, 8, 3, padding=1)', kernel: 'sobel-x' },
  { name: 'pointwise', group: 'Layers', title: say('1 × 1: mixes channels'), line: 'nn.Conv2d(3, 3, 1)', kernel: 'identity' },
  { name: 'grouped', group: 'Layers', title: say('Grouped: two halves'), line: 'nn.Conv2d(4, 8, 3, padding=1, groups=2)', kernel: 'sobel-x' },
  { name: 'depthwise', group: 'Layers', title: say('Depthwise: one per channel'), line: 'nn.Conv2d(3, 3, 3, padding=1, groups=3)', kernel: 'sobel-x' },
  { name: 'stem', group: 'Layers', title: say('ResNet stem: 7 × 7, stride 2'), line: 'nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)', kernel: 'gabor' },
  { name: 'patchify', group: 'Layers', title: say('Patchify: 4 × 4, stride 4'), line: 'nn.Conv2d(3, 16, 4, stride=4)', kernel: 'box' },
  { name: 'strided', group: 'Ideas', title: say("'same' at stride 2"), line: "kaiyan.nn.Conv2d(1, 1, 3, stride=2, padding='same')", kernel: 'sobel-x' },
  { name: 'dilated', group: 'Ideas', title: say('Dilated (à trous)'), line: 'nn.Conv2d(1, 1, 3, padding=2, dilation=2)', kernel: 'laplacian' },
  { name: 'causal', group: 'Ideas', title: say('Causal: sees no future'), line: "kaiyan.nn.Conv1d(1, 1, 3, padding='causal')", kernel: 'box' },
  { name: 'mirrored', group: 'Ideas', title: say('Mirrored edges'), line: "nn.Conv2d(1, 1, 9, padding=4, padding_mode='reflect')", kernel: 'box' },
  { name: 'checkerboard', group: 'Ideas', title: say('Transposed: a checkerboard'), line: 'nn.ConvTranspose2d(1, 1, 3, stride=2, padding=1, output_padding=1)', kernel: 'box', changes: { ...small, view: 'scatter' } },
  { name: 'smooth', group: 'Ideas', title: say('Transposed: no checkerboard'), line: 'nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1)', kernel: 'box', changes: { ...small, view: 'scatter' } },
  { name: 'turned', group: 'Ideas', title: say('The kernel, turned by 180°'), line: 'nn.Conv2d(1, 1, 5, padding=2)', kernel: 'emboss', changes: { picture: 'dot', side: 16, crop: null } },
  { name: 'frames', group: 'Ideas', title: say('3-D: across video frames'), line: 'nn.Conv3d(1, 1, 3, padding=1)', kernel: 'gaussian', changes: { side: 32 } },
]

/** The changes that a preset asks for: recipe, numbers, and a picture that shows it.
 * @param {import('./slice.mjs').Slice} slice @param {Preset} preset @returns {Partial<import('./slice.mjs').Slice>} */
export function startedFrom(slice, { line, kernel, changes }) {
  const conv = /** @type {import('../types').Conv} */ (parseRecipe(line).conv)
  const picture = slice.picture.startsWith('own-') ? {} : { picture: PHOTOGRAPH, crop: slice.picture === PHOTOGRAPH ? slice.crop : FACE }
  return {
    ...layered(slice, conv),
    ...picture,
    conv,
    recipe: writeRecipe(conv),
    error: null,
    kernel,
    base: kernel,
    weight: weightsFor(conv, kernel),
    bias: biasOf(conv),
    out: 0,
    channel: 0,
    place: conv.axes.map(() => 0),
    shift: [0, 0],
    side: Math.max(slice.side, START.side),
    zoom: 1,
    ...changes,
  }
}

/** Which preset a slice is: its layer, its numbers, and the picture that the preset brings.
 * @param {import('./slice.mjs').Slice} slice */
export function presetOf({ recipe, kernel, picture, error }) {
  if (error) return undefined
  return PRESETS.find((preset) => {
    const conv = /** @type {import('../types').Conv} */ (parseRecipe(preset.line).conv)
    return preset.kernel === kernel && writeRecipe(conv) === recipe && (preset.changes?.picture ?? picture) === picture
  })
}

/** @param {import('../types').App} app @param {import('./slice.mjs').Slice} slice */
export function presetMenu(app, slice) {
  const now = presetOf(slice)
  const choose = (/** @type {Event} */ event) => {
    const select = /** @type {HTMLSelectElement} */ (event.target)
    const preset = PRESETS.find(({ name }) => name === select.value)
    if (!preset) return
    app.store.change('convolution', startedFrom(slice, preset))
    app.tell(app.t(preset.title))
  }
  return html`
    <label class="field presets-field">
    <span>${app.t('Start from')}</span>
    <select class="presets" .value=${live(now?.name ?? '')} @change=${choose}>
      <option value="" ?hidden=${now !== undefined} ?selected=${now === undefined}>${app.t('a layer of your own')}</option>
      ${GROUPS.map((group) => html`
        <optgroup label=${app.t(group)}>
          ${PRESETS.filter((preset) => preset.group === group).map(({ name, title }) => html`<option value=${name} ?selected=${name === now?.name}>${app.t(title)}</option>`)}
        </optgroup>
      `)}
    </select>
    </label>
  `
}
