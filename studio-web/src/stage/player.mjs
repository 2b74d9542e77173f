/** Moves the window by itself: one step in 300 ms at speed 1, eased; from one place to the next in reading order. */

const STEP = 300
/** From so many steps a second on, the eye follows the map, not the window: it jumps. */
const TOO_FAST = 16

/** @typedef {{ index: number, next: number, part: number }} Moment between which two places the window is, 0…1 */

/** @param {(moment: Moment, passed: number) => void} show called once a frame; `passed`: the place before
 * @param {{ now?: () => number, ask?: (tick: (time: number) => void) => number, drop?: (id: number) => void }} [clock] */
export function createPlayer(show, clock = {}) {
  const now = clock.now ?? (() => performance.now())
  const ask = clock.ask ?? ((tick) => requestAnimationFrame(tick))
  const drop = clock.drop ?? ((id) => cancelAnimationFrame(id))
  let [count, speed, index, started, frame] = [1, 1, 0, 0, 0]
  let [wanted, seen] = [false, true]

  const tick = () => {
    frame = 0
    if (!wanted || !seen) return
    const steps = Math.max(0, ((now() - started) * speed) / STEP)
    const whole = Math.floor(steps)
    const before = index
    if (whole > 0) {
      index = (index + whole) % count
      started += (whole * STEP) / speed
    }
    const part = (speed * 1000) / STEP > TOO_FAST ? 0 : ease(steps - whole)
    show({ index, next: (index + 1) % count, part }, before)
    start()
  }
  const start = () => {
    if (!frame && wanted && seen) frame = ask(tick)
  }
  const stop = () => {
    if (frame) drop(frame)
    frame = 0
  }

  return {
    /** How many places there are. @param {number} places */
    size(places) {
      count = Math.max(places, 1)
      index = Math.min(index, count - 1)
    },
    /** @param {number} to */
    go(to) {
      index = Math.min(Math.max(to, 0), count - 1)
      started = now()
    },
    /** @param {boolean} on @param {number} pace */
    play(on, pace) {
      if (on !== wanted || pace !== speed) started = now()
      wanted = on
      speed = pace
      if (on) start()
      else stop()
    },
    /** Whether anybody looks: nothing moves unseen. @param {boolean} yes */
    look(yes) {
      if (yes === seen) return
      seen = yes
      started = now()
      if (yes) start()
      else stop()
    },
    at: () => index,
    moving: () => wanted && seen,
    stop,
  }
}

/** Slow, fast, slow. @param {number} part */
export const ease = (part) => part * part * (3 - 2 * part)
