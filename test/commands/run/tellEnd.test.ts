import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LogFields } from '../../../src/core/logEvents.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import type { Receipt } from '../../../src/model/receipt.js'
import type { Ended } from '../../support/cli.js'
import { commandHere } from '../../support/commandHere.js'
import { placeEmptyWarehouse } from '../../support/emptyWarehouse.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { simulator, startRun, TOKEN } from '../../support/simulated.js'
import { hook } from '../../support/webhook.js'

const ids = (number: number): string[] => Array.from({ length: number }, (_, at) => plainId(at + 1))

/** A folder with a list of these ids, its log, and `run` of the list against a simulator. */
async function place(number: number, options: Parameters<typeof simulator>[0] = {}) {
  const folder = temporaryFolder()
  const api = await simulator(options)
  const [data, log] = [join(folder, 'data'), join(folder, 'run.log')]
  const list = writeList(folder, ids(number))
  await placeEmptyWarehouse(data, await loadPipeline(undefined))
  const run = (...args: string[]): Promise<Ended> =>
    commandHere(['run', list, '--api', api.url, '--data', data, '--no-report', '--log-file', log, ...args], {
      env: { JUSTONEAPI_TOKEN: TOKEN },
    })
  const closings = (): LogFields[] =>
    readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogFields)
      .filter(({ event }) => event === 'run_ended')
  const metrics = (): string => readFileSync(join(data, 'metrics', 'creator-enrich.prom'), 'utf8')
  return { folder, api, data, log, list, run, closings, metrics }
}

test('--quiet prints nothing at exit 0, also when a cap parks the rest; the log has the closing line at any level', async () => {
  const { run, closings, folder } = await place(5)
  expect(await run('--quiet', '--max-calls', '2', '--log-level', 'error')).toEqual({ code: 0, stdout: '', stderr: '' })
  const json = await run('--quiet', '--json')
  expect(json).toMatchObject({ code: 0, stderr: '' })
  const receipt = JSON.parse(json.stdout) as Receipt
  expect(closings()).toMatchObject([
    {
      exit_code: 0,
      parked_reasons: ['cap'],
      warnings: [],
      msg: expect.stringMatching(
        /^run \S+ exit=0 rows=5 ids=5 enriched=2 .* parked=3 cap calls=2 billed=2 maybe_billed=0 money=¥0\.30 warnings=0 next="run the same command again to go on, .*"$/,
      ) as string,
    },
    { level: 'info', run_id: receipt.run_id, ended_run_id: receipt.run_id, rows: receipt.rows, lists: ['creators'] },
  ])
  const next = 'next="run the same command again to go on, with a larger cap if no call was made"'
  const alarmed = await run('--quiet', '--max-age', '0s', '--max-calls', '1', '--alarm-parked', '50%')
  expect(alarmed.stderr).toMatch(new RegExp(`^run \\S+ exit=3 reason=parked rows=5 .* ${next}\\n$`))
  expect(closings().at(-1)).toMatchObject({ exit_code: 3, exit_reason: 'parked' })
  // A list that loses a fifth of its ids needs a look: then there is one line, and no more.
  writeList(folder, ids(4))
  const shrunk = await run('--quiet')
  expect(shrunk).toMatchObject({ code: 0, stdout: '' })
  expect(shrunk.stderr).toMatch(
    /^run \S+ exit=0 [^\n]* warnings=1 list_shrank next="look at what the warnings name"\n$/,
  )
})

test('a code other than 0 has one closing line on stderr, and under --quiet nothing else; a run that fails says how far it came', async () => {
  const { run, closings, data, metrics } = await place(3, { quota: 1 })
  const parked = await run('--quiet')
  expect(parked).toMatchObject({ code: 5, stdout: '' })
  expect(parked.stderr).toMatch(
    /^run \S+ exit=5 .* parked=2 quota calls=\d billed=1 .* next="run the same command again after .*"\n$/,
  )

  const obstacle = join(data, 'exports', 'creators.csv')
  rmSync(obstacle)
  mkdirSync(obstacle)
  const failed = await run('--max-age', '0s')
  expect(failed.code).toBe(7)
  expect(failed.stderr).toMatch(
    /\nerror: [^\n]*creators\.csv[^\n]*\nrun \S+ exit=7 phase=publishing due=3 [^\n]* calls=\d billed=0 [^\n]* next="correct [^\n]*"\n$/,
  )
  expect(closings().map(({ exit_code }) => exit_code)).toEqual([5, 7])
  expect(metrics()).toMatch(/^creator_enrich_last_run_exit_code(\{.*\})? 7$/m)
  expect(metrics()).toMatch(/^creator_enrich_last_start_exit_code(\{.*\})? 0$/m)
})

test('the next start writes the closing line of a killed run, with the calls that were recovered', async () => {
  const waiting: { kill?: () => void } = {}
  const arrived = new Promise<void>((resolve) => (waiting.kill = resolve))
  let calls = 0
  const there = await place(3, {
    before: () => {
      calls += 1
      if (calls !== 2) return undefined
      waiting.kill?.()
      return new Promise(() => undefined)
    },
  })
  const killed = startRun([there.list], there.data, there.api, '--concurrency', '1')
  await arrived
  killed.child.kill('SIGKILL')
  await killed.ended
  const next = await there.run('--quiet', '--on-ambiguous', 'hold')
  expect(next).toMatchObject({ code: 0, stdout: '' })
  expect(next.stderr).toMatch(
    /^run \S+ exit=killed due=3 done=1 failed=0 calls=2 billed=1 maybe_billed=1 money=¥0\.15\+¥0\.15\? warnings=unknown next="nothing to do: [^\n]*\n$/,
  )
  const [first, second] = there.closings()
  expect(first).toMatchObject({ exit_code: null, run_id: second!['run_id'], calls: { sent: 2, billed: 1 } })
  expect(first!['ended_run_id']).not.toBe(second!['ended_run_id'])
  expect((await there.run('--quiet', '--on-ambiguous', 'hold')).stderr).toBe('')
})

test('a run that could not start is told: in the log, to the webhook, in status and in the metrics, until one starts', async () => {
  const there = await place(2)
  const { url, bodies } = await hook()
  const problems = ['--notify', url, '--notify-on', 'problem', '--quiet']
  expect((await there.run(...problems)).code).toBe(0)
  expect(bodies).toEqual([])

  // What others get holds no user id and no value of an option that is not known.
  const wrong = await there.run(...problems, '--column', plainId(9))
  expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^error: [^\n]*\n$/) as string })
  const option = await there.run(...problems, '--max-age', '7x')
  expect(option).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^error: --max-age: [^\n]*\n$/) as string,
  })
  const flag = await there.run(...problems, '--nope=secret')
  expect(flag).toMatchObject({ code: 2, stderr: "error: unknown option '--nope=…'\n" })
  const named = { exit_code: 2, data: there.data, lists: [{ list: 'creators' }] }
  expect(bodies).toMatchObject([named, named, { ...named, lists: [] }])
  expect(JSON.stringify(bodies)).not.toMatch(/secret"|canary/)
  expect(JSON.stringify(bodies[0])).not.toContain(plainId(9))

  expect(there.closings().map(({ exit_code, started }) => [exit_code, started])).toEqual([
    [0, undefined],
    [2, false],
    [2, false],
    [2, false],
  ])
  expect(there.metrics()).toMatch(/^creator_enrich_last_start_exit_code(\{.*\})? 2$/m)
  expect(there.metrics()).toMatch(/^creator_enrich_last_run_exit_code(\{.*\})? 0$/m)
  expect(there.metrics()).toMatch(/^creator_enrich_rows\{.*status="enriched".*\} 2$/m)
  const status = await commandHere(['status', '--data', there.data])
  expect(status.stdout).toMatch(/^start {6}the last start failed at .*, exit 2:\n {11}unknown option '--nope=…'$/m)

  expect((await there.run(...problems)).code).toBe(0)
  expect(there.metrics()).toMatch(/^creator_enrich_last_start_exit_code(\{.*\})? 0$/m)
  expect((await commandHere(['status', '--data', there.data, '--json'])).stdout).toContain('"failed_start":null')
  expect(bodies).toHaveLength(3)
})

test('a start that was refused because a run is on is over when that run ends', async () => {
  const gate: { open?: () => void; arrive?: () => void } = {}
  const arrived = new Promise<void>((resolve) => (gate.arrive = resolve))
  const opened = new Promise<undefined>((resolve) => (gate.open = () => resolve(undefined)))
  const there = await place(1, {
    before: () => {
      gate.arrive?.()
      return opened
    },
  })
  const working = startRun([there.list], there.data, there.api)
  await arrived
  expect((await there.run('--quiet')).code).toBe(8)
  const during = await commandHere(['status', '--data', there.data, '--json'])
  expect(JSON.parse(during.stdout)).toMatchObject({
    running: { pid: working.child.pid },
    failed_start: { exit_code: 8 },
  })
  // Only the run that holds the folder writes the metrics.
  expect(existsSync(join(there.data, 'metrics', 'creator-enrich.prom'))).toBe(false)
  gate.open?.()
  expect((await working.ended).code).toBe(0)
  expect((await commandHere(['status', '--data', there.data, '--json'])).stdout).toContain('"failed_start":null')
  expect(there.metrics()).toMatch(/^creator_enrich_last_start_exit_code(\{.*\})? 0$/m)
})

test('drift that is new needs a look once; a report that cannot be written each time', async () => {
  const there = await place(1)
  // The simulator answers this id with a key that the definition does not know.
  const odd = writeList(there.folder, ['5f00000000000000fa170068'], 'odd.csv')
  const run = (...args: string[]) =>
    commandHere(['run', odd, '--api', there.api.url, '--data', there.data, '--max-age', '0s', '--quiet', ...args], {
      env: { JUSTONEAPI_TOKEN: TOKEN },
    })
  expect((await run('--no-report')).stderr).toMatch(/^run \S+ exit=0 .* warnings=1 drift_new next=/)
  expect((await run('--no-report')).stderr).toBe('')
  writeFileSync(join(there.data, 'reports'), 'a file')
  expect((await run()).stderr).toMatch(/^run \S+ exit=0 .* warnings=1 report_failed next=/)
})
