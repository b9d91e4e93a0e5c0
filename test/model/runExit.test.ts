import { expect, test } from 'vitest'
import { runExit, type ExitFacts } from '../../src/model/runExit.js'

const DONE: ExitFacts = {
  signalCode: undefined,
  stop: 'cap',
  askedIds: 40,
  failedIds: 0,
  maxFailed: { share: 0.05, ids: 5 },
  dueIds: 100,
  cappedIds: 60,
  alarmParked: undefined,
}

test.each<{ what: string; end: Partial<ExitFacts>; code: number; reason: string | null }>([
  { what: 'a cap without --alarm-parked', end: {}, code: 0, reason: null },
  { what: 'a cap that parks more than --alarm-parked', end: { alarmParked: 0.5 }, code: 3, reason: 'parked' },
  { what: 'a cap that parks exactly that share', end: { alarmParked: 0.6 }, code: 0, reason: null },
  { what: 'any cap at 0%', end: { alarmParked: 0, cappedIds: 1 }, code: 3, reason: 'parked' },
  {
    what: 'nothing due at 0%',
    end: { alarmParked: 0, dueIds: 0, cappedIds: 0, stop: undefined },
    code: 0,
    reason: null,
  },
  { what: 'failed ids, which come first', end: { alarmParked: 0.5, failedIds: 40 }, code: 3, reason: 'failed' },
  { what: 'a quota', end: { alarmParked: 0.5, stop: 'quota', cappedIds: 0 }, code: 5, reason: null },
  { what: 'a signal', end: { alarmParked: 0.5, stop: 'signal', signalCode: 143 }, code: 143, reason: null },
])('$what: exit $code', ({ end, code, reason }) => {
  expect(runExit({ ...DONE, ...end })).toEqual({ code, reason })
})
