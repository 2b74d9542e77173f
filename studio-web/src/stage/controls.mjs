import { html, nothing } from 'lit-html'
import { styled } from '../app/styled.mjs'
import { live } from 'lit-html/directives/live.js'

/** @typedef {import('../types').App} App
 * @typedef {{ playing: boolean, index: number, count: number, speed: number, zoom: number, place: string, transposed: boolean,
 *   view: 'gather' | 'scatter', depth: { at: number, all: number } | null, table: boolean, dragging: boolean }} Facts
 * @typedef {{ play(): void, step(by: number): void, scrub(index: number): void, speed(value: number): void, zoom(by: number): void,
 *   view(kind: 'gather' | 'scatter'): void, depth(at: number): void, table(): void, drag(): void }} Acts */

export const SPEEDS = [0.5, 1, 2, 4, 16, 64]

/** Play, step, scrub, speed, zoom, and what the kind of convolution offers besides.
 * @param {App} app @param {Facts} facts @param {Acts} acts */
export function controls({ t }, facts, acts) {
  const { playing, index, count, place } = facts
  const number = (/** @type {Event} */ event) => Number(/** @type {HTMLInputElement} */ (event.target).value)
  return html`
    <div class="row">
      <span class="group">
        <button class="play" aria-label=${playing ? t('Pause') : t('Play')} @click=${acts.play}>${icon(playing ? 'pause' : 'play')}</button>
        <button aria-label=${t('Step back')} @click=${() => acts.step(-1)}>${icon('back')}</button>
        <button aria-label=${t('Step forward')} @click=${() => acts.step(1)}>${icon('step')}</button>
      </span>
      <input class="scrub" type="range" min="0" max=${count - 1} ${styled({ '--done': `${(100 * index) / Math.max(count - 1, 1)}%` })} .value=${live(String(index))} aria-label=${t('Where the window is')}
        aria-valuetext=${place} @input=${(/** @type {Event} */ event) => acts.scrub(number(event))} />
      <label class="speed"><span>${t('Speed')}</span>
        <select @change=${(/** @type {Event} */ event) => acts.speed(number(event))}>
          ${speeds(facts.speed).map((value) => html`<option value=${value} .selected=${live(value === facts.speed)}>${value === 0.5 ? '½' : value}×</option>`)}
        </select>
      </label>
      <span class="group">
        <button aria-label=${t('Zoom out')} ?disabled=${facts.zoom <= 1} @click=${() => acts.zoom(-1)}>−</button>
        <button aria-label=${t('Zoom in')} @click=${() => acts.zoom(1)}>+</button>
      </span>
    </div>
    <div class="row quiet">
      ${facts.transposed ? choice(t('View as'), [[t('scatter: one input spreads'), 'scatter'], [t('gather: one output collects'), 'gather']], facts.view, (kind) => acts.view(/** @type {any} */ (kind))) : nothing}
      ${facts.depth ? slices(t, facts.depth, acts.depth) : nothing}
      <button class="plain" aria-pressed=${facts.dragging} @click=${acts.drag}>${t('Move the picture')}</button>
      <button class="plain" aria-expanded=${facts.table} @click=${acts.table}>${t('Read as table')}</button>
    </div>
  `
}

/** The speeds that are offered, with the one that a link may have asked for. @param {number} now */
const speeds = (now) => [...new Set([...SPEEDS, now])].sort((a, b) => a - b)

/** @param {string} label @param {[string, string][]} ways @param {string} now @param {(way: string) => void} choose */
const choice = (label, ways, now, choose) => html`<span class="choice" role="group" aria-label=${label}>
  ${ways.map(([word, way]) => html`<button aria-pressed=${way === now} @click=${() => choose(way)}>${word}</button>`)}
</span>`

/** @param {import('../types').Say} t @param {{ at: number, all: number }} depth @param {(at: number) => void} choose */
const slices = (t, { at, all }, choose) => html`<span class="choice" role="group" aria-label=${t("The kernel's slice")}>
  <span>${t("The kernel's slice")}</span>
  ${Array.from({ length: all }, (_, i) => html`<button aria-pressed=${i === at} @click=${() => choose(i)}>${i}</button>`)}
</span>`

const SHAPES = {
  play: 'M3 2l10 6-10 6z',
  pause: 'M3 2h4v12H3zM9 2h4v12H9z',
  step: 'M2 3l7 5-7 5zM11 3h2.5v10H11z',
  back: 'M14 3L7 8l7 5zM2.5 3H5v10H2.5z',
}

/** @param {keyof typeof SHAPES} name */
const icon = (name) => html`<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path fill="currentColor" d=${SHAPES[name]} /></svg>`
