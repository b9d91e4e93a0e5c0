import { expect, test } from 'vitest'
import { ClockCorrection, upstreamTime } from '../../src/model/clock.js'

const AT = Date.UTC(1994, 10, 6, 8, 49, 37)

test('the time of the API is its Date, in each form of HTTP, and the Age of a cached answer', () => {
  for (const date of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])
    expect(upstreamTime(date, undefined), date).toBe(AT)
  expect(upstreamTime('Sun, 06 Nov 1994 08:49:37 GMT', '60')).toBe(AT + 60_000)
})

test('what cannot be read says nothing', () => {
  const dates = [
    undefined,
    '',
    'now',
    '0',
    '1994-11-06',
    'Sun, 06 Nov 1994 08:49:37 +0800',
    'Sun, 99 Nov 1994 08:49:37 GMT',
  ]
  for (const date of dates) expect(upstreamTime(date, undefined), date).toBeUndefined()
  expect(upstreamTime('Sun, 06 Nov 1994 08:49:37 GMT', '-5')).toBeUndefined()
})

test('only the wrong times of a run are corrected', () => {
  const clock = new ClockCorrection([{ run_id: 'a', after: 100, ahead_ms: 1_000 }])
  expect(['a', 'b'].map((run) => [100, 1_050].map((time) => clock.of(run, time)))).toEqual([
    [100, 50],
    [100, 1_050],
  ])
})
