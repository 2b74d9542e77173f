import { say } from '../core/sentence.mjs'

/** What can be trained in the tab, one row a lesson; a row with `bring` needs Python, and is part of the page only once
 * it is asked for. README.md says what it brings.
 * @typedef {object} Shown A lesson that was brought.
 * @property {() => import('lit-html').TemplateResult} view what stands on the stage
 * @property {() => import('lit-html').TemplateResult} [recipe] the left pane
 * @property {() => import('lit-html').TemplateResult} [explain] the right pane
 * @property {Record<string, () => void>} [keys]
 * @property {() => void} open it is seen from now on @property {() => void} close it is not seen any more
 * @typedef {{ name: string, title: string, bring?: () => Promise<(app: import('../types').App) => Shown> }} Lesson */

/** @type {Lesson[]} */
export const LESSONS = [
  { name: 'one', title: say('One kernel') },
  { name: 'two', title: say('Two in a row') },
  { name: 'digits', title: say('A network on digits'), bring: async () => (await import('./digits/digits.mjs')).digits },
]

/** @param {string} name */
export const lessonCalled = (name) => LESSONS.find((lesson) => lesson.name === name) ?? LESSONS[0]
