import { expect, test } from 'vitest'
import { ClockCheck } from '../../src/fetch/clockCheck.js'
import type { Answer } from '../../src/model/call.js'

const NOW = Date.UTC(2026, 10, 28)
const HOUR = 3_600_000

/** A run that started an hour ago on both clocks, and its first answer; times are hours from now. */
function checked({ started = -1, sent = 0, received = sent, upstream }: Record<string, number>) {
  const clock = new ClockCheck(NOW + started * HOUR, 'api.test', { elapsed: () => HOUR })
  const answer: Answer = {
    ...{ seq: 1, id: 'a', attempt: 1, kind: 'answer', ms: 1, status: 200, contentType: null, retryAfter: null },
    ...{ sentAt: NOW + sent * HOUR, receivedAt: NOW + received * HOUR, body: new Uint8Array() },
    upstreamAt: NOW + upstream! * HOUR,
  }
  const end = clock.ended(answer)
  const { failure, isConfirmed } = clock
  return {
    exit: failure?.exitCode,
    isConfirmed,
    sent: (end.sentAt - NOW) / HOUR,
    received: end.receivedAt - NOW,
  }
}

test.each([
  ['the same time', { upstream: 0 }, { isConfirmed: true }],
  ['an hour apart', { upstream: 1 }, { isConfirmed: true }],
  ['ahead', { upstream: -2 }, { exit: 7, sent: -2, received: -2 * HOUR }],
  ['behind', { upstream: 2 }, { exit: 7, sent: 2, received: 2 * HOUR }],
  ['frozen for two hours while the answer came', { received: 2, upstream: 0 }, { isConfirmed: true, sent: 0 }],
  ['set back after the start', { started: 24, upstream: 0 }, { exit: 7, sent: 0 }],
  ['set forward after the start', { started: -24, upstream: 0 }, { exit: undefined, isConfirmed: false, sent: 0 }],
])('%s', (_, times, expected) => {
  expect(checked(times)).toMatchObject(expected)
})
