import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPlayer, ease } from '../src/stage/player.mjs'

/** A player on a clock that the test turns. */
function onClock() {
  let time = 0
  /** @type {((time: number) => void) | null} */
  let asked = null
  /** @type {[number, number, number][]} */
  const seen = []
  const player = createPlayer(({ index, next, part }) => seen.push([index, next, Math.round(part * 100) / 100]), {
    now: () => time,
    ask: (tick) => {
      asked = tick
      return 1
    },
    drop: () => {
      asked = null
    },
  })
  const turn = (/** @type {number} */ milliseconds) => {
    time += milliseconds
    const tick = asked
    asked = null
    tick?.(time)
    return seen[seen.length - 1]
  }
  return { player, turn, seen }
}

test('one step takes 300 ms at speed 1, eased, and comes round', () => {
  const { player, turn } = onClock()
  player.size(3)
  player.play(true, 1)
  assert.deepEqual(turn(0), [0, 1, 0])
  assert.deepEqual(turn(150), [0, 1, 0.5])
  assert.deepEqual(turn(150), [1, 2, 0])
  assert.deepEqual(turn(300), [2, 0, 0])
  assert.deepEqual(turn(300), [0, 1, 0])
})

test('very fast it jumps, as far as the time says', () => {
  const { player, turn } = onClock()
  player.size(1000)
  player.play(true, 30)
  assert.deepEqual(turn(105), [10, 11, 0])
})

test('unseen or paused nothing moves', () => {
  const { player, turn, seen } = onClock()
  player.size(9)
  player.play(true, 1)
  player.look(false)
  turn(900)
  assert.equal(seen.length, 0)
  player.look(true)
  assert.deepEqual(turn(300), [1, 2, 0])
  player.play(false, 1)
  turn(900)
  assert.equal(player.at(), 1)
  player.go(99)
  assert.equal(player.at(), 8)
})

test('easing begins and ends at rest', () => {
  assert.deepEqual([0, 0.5, 1].map(ease), [0, 0.5, 1])
  assert.ok(ease(0.1) < 0.05 && ease(0.9) > 0.95)
})
