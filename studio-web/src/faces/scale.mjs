import { html, nothing } from 'lit-html'
import { styled } from '../app/styled.mjs'

/** @typedef {import('../types').Say} Say */

/** Where the scale ends, unless something lies beyond. */
const FARTHEST = 1.2

/** A distance as it is written. @param {number} distance */
export const written = (distance) => distance.toFixed(3)

/** Distances on a line from 0, with the threshold across it: left of it is near.
 * @param {Say} t @param {{ accepted: number, doubted: number }} limits @param {{ at: number, label: string }[]} marks the nearest first */
export function scale(t, { accepted, doubted }, marks) {
  const end = Math.max(FARTHEST, ...marks.map(({ at }) => at * 1.05))
  const part = (/** @type {number} */ at) => (at / end).toFixed(4)
  const said = marks.map(({ at, label }) => `${label} ${written(at)}`).join(t(', '))
  return html`
    <div class="scale" role="img" aria-label=${t('distances: {marks}; the threshold is {accepted}', { marks: said, accepted: written(accepted) })}>
      ${marks.map(({ at, label }) => html`<p class="mark" ${styled({ '--at': part(at) })}><span>${label} <b>${written(at)}</b></span></p>`)}
      <p class="line" ${styled({ '--near': part(accepted), '--doubted': part(doubted) })}></p>
      <p class="threshold" ${styled({ '--at': part(accepted) })}><span>${t('threshold {accepted}', { accepted: written(accepted) })}</span></p>
      <p class="ends"><span>0</span><span>${end.toFixed(1)}</span></p>
      ${doubted > accepted ? html`<p class="ends">${t('up to {doubted}: unsure', { doubted: written(doubted) })}</p>` : nothing}
    </div>
  `
}
