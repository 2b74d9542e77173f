import { html } from 'lit-html'

/** Why something is refused, and the ways out.
 * @param {import('../types').App} app @param {import('../types').Refusal} refusal */
export const refusalWords = (app, { words, ways }) => html`
  <p>${app.words(words)}</p>
  ${ways.map((way) => html`<p class="way">${app.words(way)}</p>`)}
`
