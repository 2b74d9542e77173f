import { html, nothing } from 'lit-html'
import { short } from '../core/number.mjs'
import { drawMaps, ratio } from '../network/drawing.mjs'
import { likeness } from '../network/maps.mjs'
import { awaited } from './intake.mjs'

/** Two faces on their way through the network: the same channels of both, stage by stage. */

/** @typedef {import('./context').FaceContext} FaceContext @typedef {import('./types').Face} Face @typedef {import('./types').Stage} Stage */

/** Channels that are drawn of a stage. */
const SHOWN = 6
/** Of a map's side on the page, in pixels, where all stand in one row. */
const LEAST = 40

/** @param {FaceContext} context @param {Face | null} one @param {Face | null} two */
export function layersView(context, one, two) {
  const { app, session } = context
  const { t } = app
  if (!one || !two) return nothing
  const tasks = [one, two].map((face) => session.layers(face))
  const [first, second] = tasks.map(({ value }) => value)
  return html`
    <h3>${t('Through the network')}</h3>
    <p>${t('Simple features first, then richer ones made of them, until one description is left. The channels that vary most on these two faces, in the same order left and right; each map goes from 0, black, to its largest value, white.')}</p>
    ${tasks.map((task, i) => awaited(context, task, t('The faces pass through the network…'), `layers ${[one, two][i].key}`))}
    ${first && second
      ? html`<ol class="stages">
          ${first.map(
            (stage, i) => html`
              <li>
                <p>${seen(t, stage)} <span class="hint">${alike(t, stage, second[i])}</span></p>
                <div class="pair">
                  ${[one, two].map(({ key }) => html`<canvas data-stage=${i} data-of=${key} role="img" aria-label=${t('{n} maps after stage {stage}', { n: SHOWN, stage: i + 1 })}></canvas>`)}
                </div>
              </li>
            `,
          )}
        </ol>`
      : nothing}
  `
}

/** @param {import('../types').Say} t @param {Stage} stage */
function seen(t, { maps: { channels, height, width }, reach }) {
  const size = { channels, height, width, reach }
  return reach < 150 ? t('{channels} maps of {height} × {width}: a value sees {reach} × {reach} pixels of the face', size) : t('{channels} maps of {height} × {width}: a value may see the whole face', size)
}

/** @param {import('../types').Say} t @param {Stage} one @param {Stage} two */
function alike(t, one, two) {
  const value = likeness(one.maps, two.maps)
  return value === null ? nothing : t('cosine similarity of all maps: {value}', { value: short(value) })
}

/** The channels that vary most on both faces. @param {Stage} one @param {Stage} two */
export function liveliest(one, two) {
  const both = one.maps.deviation.map((value, channel) => value + two.maps.deviation[channel])
  return [...both.keys()].sort((a, b) => both[b] - both[a] || a - b).slice(0, SHOWN)
}

/** Squares side by side, in two rows where they would be small. @param {number} wide pixels @returns {import('../network/atlas.mjs').Layout} */
function layoutIn(wide) {
  const gap = Math.ceil(2 * ratio())
  const columns = wide < SHOWN * LEAST * ratio() ? SHOWN / 2 : SHOWN
  const side = Math.floor((wide + gap) / columns) - gap
  const rows = SHOWN / columns
  return { columns, rows, gap, tileWidth: side, tileHeight: side, width: columns * (side + gap) - gap, height: rows * (side + gap) - gap }
}

/** @param {HTMLElement} el @param {ReturnType<typeof import('../network/drawing.mjs').createPainter>} painter @param {FaceContext} context @param {'light' | 'dark'} theme */
export function paintLayers(el, painter, { session }, theme) {
  const faces = session.photographs().flatMap((photo) => session.find(photo).value?.faces ?? [])
  const canvases = /** @type {HTMLCanvasElement[]} */ ([...el.querySelectorAll('canvas[data-stage]')])
  const stageOf = (/** @type {HTMLCanvasElement} */ { dataset }) => {
    const face = faces.find(({ key }) => key === dataset.of)
    return face ? (session.layers(face).value?.[Number(dataset.stage)] ?? null) : null
  }
  for (const canvas of canvases) {
    const pair = canvases.filter(({ dataset }) => dataset.stage === canvas.dataset.stage)
    const [one, two] = pair.map(stageOf)
    const own = stageOf(canvas)
    if (!one || !two || !own) continue
    const wide = Math.floor(/** @type {HTMLElement} */ (canvas.parentElement).clientWidth / 2 - 8) * ratio()
    painter.paint(canvas, `${pair.map(({ dataset }) => dataset.of)} ${wide} ${theme}`, () =>
      drawMaps(canvas, layoutIn(wide), own.maps, liveliest(one, two), { palette: 'auto', scale: 'map', theme }),
    )
  }
}
