import { join } from 'node:path'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { readFolderStatus } from '../../../src/commands/status/status.js'
import { statusText } from '../../../src/commands/status/statusText.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { cli } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { enrich, simulator, startRun } from '../../support/simulated.js'

const IDS = Array.from({ length: 8 }, (_, n) => plainId(n + 1))
const HOUR = 3_600_000

test('before, during and after a run: the current run, a cut-off run, parked ids, ages', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const layout = layoutOf(data)
  const nothing = await cli(['status', '--data', data])
  expect([nothing.code, nothing.stdout]).toEqual([2, ''])
  expect(nothing.stderr).toContain(
    `${data} holds nothing yet: start with \`node dist/src/cli.js run <list> --data ${data}\`, or`,
  )

  const list = writeList(folder, IDS, '名单.csv')
  const quota = await enrich(list, data, await simulator({ quota: 5 }))
  expect(quota.code).toBe(5)
  const parked = await readFolderStatus(layout)
  expect(parked).toMatchObject({
    running: null,
    cut_off: null,
    simulated: false,
    runs: [{ run_id: quota.receipt.run_id, exit_code: 5, stop_reason: 'quota', enriched: 5, parked: 3 }],
    parked: [{ list: '名单', reason: 'quota', rows: 3, ids: 3, run_again: quota.receipt.stop!.run_again }],
    staleness: [{ age: 'day', creators: 5 }, ...(await neverAsked(layout))],
    money: {
      ...{ currency: 'CNY', time_zone: 'Asia/Shanghai' },
      today: { billed: 5, maybe_billed: 0, money_billed: 0.75, unpriced: 0 },
      month: { billed: 5, money_billed: 0.75 },
    },
  })
  const text = statusText(parked, Date.now(), 80)
  expect(text).toMatch(/\n\d{4}-\d\d-\d\d \d\d:\d\d +quota \(5\) /)
  expect(text).toContain('\ntoday      ¥0.75 billed (5 calls)\nthis month ¥0.75 billed (5 calls)\n')
  expect(text).toMatch(/\ntimes {6}of Asia\/Shanghai, where it is \d{4}-\d\d-\d\d \d\d:\d\d\n/)
  expect(text).toMatch(
    /next {7}run the same command again after \d{4}-\d\d-\d\d 00:00 \(Asia\/Shanghai\), in \w+; with the token/,
  )
  for (const line of text.split('\n').filter((each) => !/^(folder|next)/.test(each)))
    expect(stringWidth(line)).toBeLessThanOrEqual(80)

  // The counts of the largest runs fit without the years.
  const large = { rows: 1_000_000, enriched: 1_000_000, failed: 50_000, parked: 100_000, calls: 1_200_000 }
  const runs = parked.runs.map((run) => ({ ...run, ...large, money_billed: 150_000 }))
  const largeText = statusText({ ...parked, runs }, Date.now(), 80)
  expect(largeText).toMatch(/\n\d\d-\d\d \d\d:\d\d +quota .* 1,200,000 ¥150000\.00\n/)
  for (const line of largeText.split('\n').filter((each) => !/^(folder|next)/.test(each)))
    expect(stringWidth(line)).toBeLessThanOrEqual(80)

  // So does the exit code of a run that was stopped, and each reason of parked rows has its hint.
  const stopped = { exit_code: 130, stop_reason: 'signal', money_billed: 35.55 }
  const stoppedText = statusText(
    {
      ...parked,
      runs: parked.runs.map((run) => ({ ...run, ...stopped })),
      parked: [
        ...parked.parked,
        { ...parked.parked[0]!, reason: 'stopped', run_again: 'run the same command again' },
        { ...parked.parked[0]!, list: 'other', reason: 'stopped', run_again: 'run the same command again' },
      ],
    },
    Date.now(),
    80,
  )
  expect(stoppedText).toContain(' signal (130) ')
  expect(stoppedText).toMatch(/\nnext {7}quota: run the same command again after .*\n {11}stopped: run [^\n]*\n\n/)

  // An error says how a run ended, also where a cap had stopped the calls before; a killed run has no code.
  const ends = [
    { exit_code: 7, status: 'done', stop_reason: 'cap' },
    { exit_code: null, status: 'interrupted' },
    { status: 'stopped' },
  ]
  const runsEnded = ends.map((end) => ({ ...parked.runs[0]!, stop_reason: null, exit_code: 0, ...end }))
  expect(statusText({ ...parked, runs: runsEnded }, Date.now(), 80)).toMatch(
    / error \(7\) .*\n.* killed .*\n.* stopped /,
  )

  // A call that never ends keeps the run on until it is killed.
  let arrive: () => void = () => undefined
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  const api = await simulator({
    before: () => {
      arrive()
      return new Promise(() => undefined)
    },
  })
  const { child, ended } = startRun([list], data, api, '--concurrency', '2')
  await arrived
  const during = await commandHere(['status', '--data', data, '--json'])
  expect(during.code, during.stderr).toBe(0)
  const on = JSON.parse(during.stdout) as Awaited<ReturnType<typeof readFolderStatus>>
  expect(on).toMatchObject({ running: { pid: child.pid, lists: ['名单'] }, cut_off: null })
  const running = {
    ...on,
    running: { ...on.running!, phase: 'fetching' as const, due: 3, done: 1, active_seconds: 100 },
  }
  const runningText = statusText(running, Date.parse(on.running!.started_at) + 100_000, 80)
  expect(runningText).toContain(`fetching: run ${on.running!.run_id} (PID ${child.pid}), for 1m40s\n`)
  expect(runningText).toContain('ids        1 of 3 done (33.3%), 0.0/s, 3m20s left\n')
  // The hour in which the process stood still is not in the pace. An older version does not say how long that was.
  const woken = statusText(running, Date.parse(on.running!.started_at) + 3_700_000, 80)
  expect(woken).toContain(', for 1h01m\n')
  expect(woken).toContain('0.0/s, 3m20s left\n')
  const older = { ...running, running: { ...running.running, active_seconds: undefined } }
  expect(statusText(older, Date.parse(on.running!.started_at) + 200_000, 80)).toContain('0.0/s, 6m40s left\n')
  child.kill('SIGKILL')
  await ended
  const cut = await commandHere(['status', '--data', data])
  expect(cut.stdout).toMatch(/now {8}no run is on; the last one \(\w+-\w+\) was cut off at /)
  const costs = await commandHere(['costs', '--data', data])
  expect(costs.stderr).toBe('warning: the last run left calls that are not counted yet: the next run counts them\n')

  // A run that failed says how it ended, also where it left answers to load.
  const left = { run_id: 'r', at: on.running!.started_at, exit_code: 7 }
  expect(statusText({ ...on, running: null, cut_off: left }, Date.now(), 80)).toMatch(
    /now {8}no run is on; the last one \(r\) ended with exit 7 at .*\n {11}run the same command again/,
  )

  // The next run finds the call unknown, holds its id, and fetches the others.
  await enrich(list, data, await simulator(), '--on-ambiguous', 'hold')
  const after = await readFolderStatus(layout)
  expect(after.cut_off).toBeNull()
  expect(after.ambiguous_calls.count).toBeGreaterThan(0)
  expect(Date.now() - Date.parse(after.ambiguous_calls.oldest_at!)).toBeLessThan(HOUR)
  expect(after.runs[0]).toMatchObject({ status: 'done' })
  expect(after.runs.some(({ status, finished_at }) => status === 'interrupted' && finished_at === null)).toBe(true)
  expect(statusText(after, Date.now(), 80)).toContain('sent and never answered, the oldest of ')

  // Once it is fetched, no call is open, and this month still has one that is maybe billed.
  await enrich(list, data, await simulator())
  const closed = statusText(await readFolderStatus(layout), Date.now(), 80)
  expect(closed).toMatch(
    /this month .* maybe billed\)\nambiguous {2}none open: the maybe billed calls got an answer later/,
  )
  expect(closed).toContain('\ntook       until the tables were complete; publishing and the report follow\n')
  for (const line of closed.split('\n').filter((each) => !/^(folder|next)/.test(each)))
    expect(stringWidth(line)).toBeLessThanOrEqual(80)
})

/** An id whose call met the used-up quota has a row without a profile. */
async function neverAsked(layout: ReturnType<typeof layoutOf>) {
  const { staleness } = await readFolderStatus(layout)
  return staleness.filter(({ age }) => age === 'never')
}
