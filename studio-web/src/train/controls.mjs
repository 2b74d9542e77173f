import { html } from 'lit-html'
import { live } from 'lit-html/directives/live.js'
import { PACES } from './slice.mjs'

/** Play, one step, again from the same numbers, other numbers, the pace.
 * @param {import('../types').App} app @param {import('./kernels.mjs').Scene} scene @param {import('./kernels.mjs').Acts} on */
export function controls({ t }, { slice, playing, facts }, on) {
  return html`
    <div class="controls">
      <button class="play" @click=${on.play}>${playing ? t('Pause') : facts.rest ? t('Once more') : t('Let it learn')}</button>
      <button @click=${on.step} ?disabled=${facts.rest !== null}>${t('One step')}</button>
      <button @click=${on.restart}>${t('Start over')}</button>
      <button @click=${on.seed}>${t('Other random numbers')}</button>
      <label>${t('seed')}
        <input class="seed" type="number" min="1" max="999999" .value=${live(String(slice.seed))}
          @change=${(/** @type {any} */ { target }) => target.checkValidity() && target.value && on.change({ seed: Math.trunc(Number(target.value)) })} /></label>
      <label>${t('steps a second')}
        <select @change=${(/** @type {any} */ { target }) => on.change({ pace: Number(target.value) })}>
          ${PACES.map((pace) => html`<option value=${pace} .selected=${live(pace === slice.pace)}>${pace}</option>`)}
        </select></label>
    </div>
  `
}
