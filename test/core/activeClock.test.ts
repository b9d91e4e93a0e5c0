import { expect, test } from 'vitest'
import { ActiveClock } from '../../src/core/activeClock.js'

/** A clock by hand, whose timer fires this late each time. */
function ticking() {
  const time = { ms: 5_000 }
  const clock = new ActiveClock({ elapsed: () => time.ms })
  const pass = (...lateness: number[]) => {
    for (const late of lateness) {
      time.ms += 100 + late
      clock.tick()
    }
  }
  return { time, clock, pass }
}

test('a timer that is a little late is no lag', () => {
  const { time, clock, pass } = ticking()
  pass(0, 3, 25)
  expect([clock.lagMs(), clock.now()]).toEqual([0, time.ms])
})

test('work that delays the timer is lag, but the process does not stand still', () => {
  const { time, clock, pass } = ticking()
  pass(60, 0, 900)
  expect([clock.lagMs(), clock.now()]).toEqual([960, time.ms])
})

test('a standstill is known before the timer fires, and counts once', () => {
  const { time, clock, pass } = ticking()
  pass(0)
  const before = clock.now()
  time.ms += 20_100
  expect([clock.lagMs(), clock.now()]).toEqual([20_000, before + 100])
  clock.tick()
  expect([clock.lagMs(), clock.now()]).toEqual([20_000, before + 100])
  pass(0, 0)
  expect([clock.lagMs(), clock.now()]).toEqual([20_000, before + 300])
})
