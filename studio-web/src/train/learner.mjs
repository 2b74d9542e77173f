import { farthest, largestStable, sharpest } from '../core/curvature.mjs'
import { descend, looked } from '../core/learning.mjs'
import { firstKernels } from './problem.mjs'

/** Kernels on their way: one run of gradient descent from a seed's first kernels.
 * @typedef {import('./problem.mjs').Problem} Problem @typedef {import('./slice.mjs').Slice} Slice
 * @typedef {import('../core/learning.mjs').Step} Step
 * @typedef {'arrived' | 'diverged' | null} Rest */

/** The distance from the goal at which one kernel has arrived; of several, the gradient at which they rest. */
export const ARRIVED = 5e-4
const FLAT = 1e-6
/** A loss so many times that of the beginning has diverged. */
const DIVERGED = 1e9
/** Of two kernels in a row the curvature changes as they move, at first fast: it is measured anew after so many steps. */
const MEASURED = { early: 5, late: 25, turn: 100 }
/** Parts of the largest stable rate that are taken where no rate is asked for: larger ones let two kernels diverge on the
 * photograph, as the curvature grows between two measurements. */
const CAREFUL = { one: 0.5, two: 0.1 }
const MOST_POINTS = 800

/** @param {Problem} problem @param {Slice} slice */
export function createLearner(problem, slice) {
  const kernels = firstKernels(slice)
  const velocities = kernels.map(({ length }) => new Float64Array(length))
  let now = { problem, slice }
  let steps = 0
  let every = 1
  let curvature = 0
  /** @type {Rest} */
  let rest = null
  /** @type {[number, number][]} steps and the loss after them */
  let curve = []
  const chain = () => ({ kernels, relu: isCut(now.slice) })
  const look = () => looked(chain(), now.problem.input, now.problem.wanted)
  let last = look()
  const measure = () => {
    curvature = kernels.length === 1 ? now.problem.goal.curvatures[0] : sharpest(chain(), now.problem.input, now.problem.wanted)
  }
  measure()
  curve.push([0, last.loss])
  const first = last.loss

  const stable = () => largestStable(curvature, now.slice.momentum)
  const rate = () => now.slice.rate ?? CAREFUL[kernels.length === 1 ? 'one' : 'two'] * stable()

  const settle = () => {
    const most = Math.max(...last.gradients.flatMap((each) => [...each]).map(Math.abs))
    if (!(last.loss < DIVERGED * Math.max(first, 1))) rest = 'diverged'
    else if (kernels.length === 1 ? farthest(now.problem.goal, kernels[0]) < ARRIVED : most < FLAT) rest = 'arrived'
  }
  const note = () => {
    if (steps % every === 0) curve.push([steps, last.loss])
    if (curve.length <= MOST_POINTS) return
    curve = curve.filter((_, i) => i % 2 === 0)
    every *= 2
  }

  return {
    step() {
      if (rest) return
      if (kernels.length > 1 && steps % (steps < MEASURED.turn ? MEASURED.early : MEASURED.late) === 0) measure()
      descend(kernels, velocities, last.gradients, { rate: rate(), momentum: now.slice.momentum })
      steps++
      last = look()
      note()
      settle()
    },
    /** Goes on with another picture, wish or setting. @param {Problem} other @param {Slice} asked */
    turn(other, asked) {
      const isOther = other !== now.problem || isCut(asked) !== isCut(now.slice)
      now = { problem: other, slice: asked }
      if (!isOther) return
      if (rest !== 'diverged') rest = null
      last = look()
      measure()
    },
    facts: () => ({ kernels, steps, rest, last, curve, curvature, stable: stable(), rate: rate() }),
  }
}

/** @typedef {ReturnType<typeof createLearner>} Learner @typedef {ReturnType<Learner['facts']>} Facts */

/** Whether negative numbers between two kernels become 0. @param {Slice} slice */
const isCut = ({ lesson, relu }) => lesson === 'two' && relu
