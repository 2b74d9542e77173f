import { html, nothing, render } from 'lit-html'
import { controls } from './controls.mjs'
import { channelOf, feeding } from './maps.mjs'
import { paintRail, rail } from './rails.mjs'
import { tables } from './table.mjs'
import { pictureEnds, toneOf } from './tone.mjs'

/** @typedef {ReturnType<typeof import('./dom.mjs').build>} Dom @typedef {import('../types').App} App
 * @typedef {{ show: import('./show.mjs').Show, playing: boolean, index: number, place: string, depth: number, channel: number,
 *   table: any, carries: boolean, theme: 'light' | 'dark', words: string, lost: string }} Facts
 * @typedef {import('./controls.mjs').Acts & { peek(name: 'channel' | 'out', at: number | null): void, choose(name: 'channel' | 'out', at: number): void }} Acts */

/** All around the canvases: channels, controls, table, and what a reader hears of the stage.
 * @param {Dom} dom @param {App} app @param {Facts} facts @param {Acts} acts */
export function panels(dom, app, facts, acts) {
  const { t } = app
  const { view, shape, kind, count } = facts.show
  render(signs(t, facts.show), dom.signs)
  drawRails(dom.rails, t, facts, acts)
  render(controls(app, {
    playing: view.playing, index: facts.index, count, speed: view.speed, zoom: view.zoom, place: facts.place,
    transposed: shape.transposed, view: kind, table: facts.table !== null, dragging: facts.carries,
    depth: shape.sides[0].kernel > 1 ? { at: facts.depth, all: shape.sides[0].kernel } : null,
  }, acts), dom.controls)
  dom.scene.setAttribute('aria-label', facts.playing ? t('Input, kernel and output; the window slides') : `${t('Input, kernel and output')}: ${facts.words}`)
  render(facts.table ? tables(t, facts.table) : nothing, dom.table)
  dom.table.hidden = !facts.table
}

/** What the signs between the maps mean. @param {import('../types').Say} t @param {import('./show.mjs').Show} show */
function signs(t, { spreads }) {
  const said = spreads
    ? [['×', t('one input times every number of the kernel')], ['=', t('added into the output, a window at a time')]]
    : [['∗', t('the kernel slides over the input')], ['×', t('number by number')], ['=', t('added up: one output')]]
  return said.map(([sign, words]) => html`<span><span>${sign}</span> ${words}</span>`)
}

/** @type {WeakMap<HTMLElement, string>} */
const painted = new WeakMap()
let models = 0
/** @type {WeakMap<object, number>} */
const numbered = new WeakMap()

/** A number that stands for an object, so that a key may hold it. @param {object} one */
function numberOf(one) {
  if (!numbered.has(one)) numbered.set(one, ++models)
  return numbered.get(one)
}

/** @param {HTMLElement} el @param {import('../types').Say} t @param {Facts} facts @param {Acts} acts */
function drawRails(el, t, { show, channel, theme }, acts) {
  const rails = [inputRail(t, show, channel, theme, acts), outputRail(t, show, theme, acts)].filter((one) => one.all > 1)
  el.hidden = rails.length === 0
  const key = String([numberOf(show.view.input), numberOf(show.view.output), show.view.out, show.view.isReady, channel, theme, t('channel {c}', { c: 0 })])
  if (painted.get(el) === key) return
  painted.set(el, key)
  render(rails.length ? html`${rails.map((one) => rail(t, one))}` : nothing, el)
  const drawn = el.querySelectorAll('.rail')
  rails.forEach((one, i) => paintRail(drawn[i], one))
}

/** @param {import('../types').Say} t @param {import('./show.mjs').Show} show @param {number} front @param {'light' | 'dark'} theme @param {Acts} acts
 * @returns {import('./rails.mjs').Rail} */
function inputRail(t, { view, shape }, front, theme, acts) {
  const [first, end] = feeding(view.conv, view.out)
  const tone = toneOf(view.input.data, theme, pictureEnds(view.input.data))
  const coloured = view.input.shape[0] === 3 && shape.rank === 2 && !tone.signed
  return {
    name: t('input channels'), word: t('input'), all: view.input.shape[0], front, feeds: (channel) => channel >= first && channel < end,
    numbers: (channel) => plane(view.input, channel, shape), ...sizes(view.input, shape), tone: () => tone,
    colour: coloured ? [0, 1, 2].map((channel) => channelOf(view.input, channel)) : null,
    peek: (at) => acts.peek('channel', at !== null && at >= first && at < end ? at : null), choose: (at) => acts.choose('channel', at),
  }
}

/** @param {import('../types').Say} t @param {import('./show.mjs').Show} show @param {'light' | 'dark'} theme @param {Acts} acts
 * @returns {import('./rails.mjs').Rail} */
function outputRail(t, { view, shape }, theme, acts) {
  return {
    name: t('output channels'), word: t('output'), all: view.output.shape[0], front: view.out, feeds: () => true,
    numbers: (channel) => plane(view.output, channel, shape), ...sizes(view.output, shape),
    tone: (channel) => toneOf(channelOf(view.output, channel), theme), colour: null,
    peek: (at) => acts.peek('out', at), choose: (at) => acts.choose('out', at),
  }
}

/** The middle slice of a channel. @param {import('../types').Numbers} numbers @param {number} channel @param {import('./geometry.mjs').Geometry} shape */
function plane(numbers, channel, shape) {
  const { rows, columns } = sizes(numbers, shape)
  const depth = shape.rank === 3 ? numbers.shape[1] >> 1 : 0
  return channelOf(numbers, channel).subarray(depth * rows * columns, (depth + 1) * rows * columns)
}

/** @param {import('../types').Numbers} numbers @param {import('./geometry.mjs').Geometry} shape */
const sizes = ({ shape: sides }, { rank }) => ({ rows: rank === 1 ? 1 : sides[sides.length - 2], columns: sides[sides.length - 1] })
