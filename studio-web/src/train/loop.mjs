/** Milliseconds of steps between two frames: the page stays quick. */
const MOST = 12

/** Steps at a pace, as many between two frames as are due and as there is time for.
 * @param {() => boolean} step takes one, and says whether there is another @param {() => void} drawn called after the steps of a frame */
export function createLoop(step, drawn) {
  let [frame, pace, due, before] = [0, 0, 0, 0]
  const tick = (/** @type {number} */ time) => {
    frame = 0
    due = Math.min(due + ((time - before) * pace) / 1000, pace / 4 + 1)
    before = time
    const end = performance.now() + MOST
    let more = true
    let taken = false
    while (more && due >= 1 && performance.now() < end) {
      more = step()
      due--
      taken = true
    }
    if (taken) drawn()
    if (more) frame = requestAnimationFrame(tick)
  }
  return {
    /** @param {boolean} on @param {number} steps a second */
    run(on, steps) {
      pace = steps
      if (on && !frame) {
        before = performance.now()
        frame = requestAnimationFrame(tick)
      }
      if (!on && frame) {
        cancelAnimationFrame(frame)
        frame = 0
      }
    },
  }
}
