import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layout, zoomed } from '../src/stage/layout.mjs'

const WIDTHS = [288, 320, 480, 560, 752, 1100, 1900, 3000]
const MAPS = /** @type {[number, number][][]} */ ([
  [[66, 66], [3, 3], [64, 64]], [[224, 224], [7, 7], [112, 112]], [[5, 5], [3, 3], [3, 3]],
  [[28, 40], [11, 11], [18, 30]], [[8, 8], [8, 8], [1, 1]], [[4, 4], [3, 3], [9, 9]],
])

test('everything lies within the stage, at every width', () => {
  for (const width of WIDTHS)
    for (const [input, kernel, output] of MAPS)
      for (const rank of [1, 2]) {
        const flat = (/** @type {[number, number]} */ [rows, columns]) => /** @type {[number, number]} */ (rank === 1 ? [1, columns] : [rows, columns])
        const seats = layout({
          width, room: Math.min(width * 0.6, 900), rank, input: flat(input), kernel: flat(kernel), output: flat(output), ratio: 2,
          stacks: { input: true, output: true }, foot: 24,
        })
        for (const seat of [seats.input, seats.kernel, seats.output, ...(seats.patch ? [seats.patch] : [])]) {
          assert.ok(seat.x >= 0 && seat.x + seat.width <= width + 0.5, `${width} ${input} ${kernel} ${output} ${rank}`)
          assert.ok(seat.y >= 0 && seat.y + seat.height <= seats.height + 0.5)
          assert.ok(seat.cell > 0 && seat.tall > 0)
        }
        if (!seats.across) continue
        assert.ok(seats.input.x + seats.input.width < seats.kernel.x && seats.kernel.x + seats.kernel.width < seats.output.x)
      }
})

test('zoom keeps the window in the middle, and the map in its box', () => {
  const seat = { x: 0, y: 0, width: 300, height: 300, cell: 5, tall: 5 }
  assert.deepEqual(zoomed(seat, [60, 60], 4, [30, 30]), { cell: 20, tall: 20, left: 22.5, top: 22.5 })
  assert.deepEqual(zoomed(seat, [60, 60], 4, [0, 59]), { cell: 20, tall: 20, left: 45, top: 0 })
  assert.deepEqual(zoomed(seat, [60, 60], 1, [30, 30]), { cell: 5, tall: 5, left: 0, top: 0 })
})
