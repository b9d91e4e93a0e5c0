import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { doctorCommand } from '../../../src/commands/doctor/command.js'
import { checkCertificate } from '../../../src/commands/doctor/connection.js'
import { doctor, doctorText, type DoctorReport } from '../../../src/commands/doctor/doctor.js'
import { checkLogFile, checkMemory, checkSpace } from '../../../src/commands/doctor/machine.js'
import type { Reached } from '../../../src/commands/doctor/reach.js'
import { readToken } from '../../../src/config/api.js'
import { resolveSettings } from '../../../src/config/settings.js'
import { openDatabase } from '../../../src/core/duckdb.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { addTombstones, readTombstones, writeTombstones } from '../../../src/privacy/tombstones.js'
import { answerOf, writeSegment } from '../../journal/calls.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { published } from '../../support/published.js'
import { enrich, simulator, TOKEN } from '../../support/simulated.js'
import { smallDisk } from '../../support/tmpfs.js'

async function examine(data: string, api: string, token: string | undefined, now = Date.now): Promise<DoctorReport> {
  const settings = resolveSettings(doctorCommand.options, { data, api }, [])
  return doctor({ settings, readToken: () => readToken(undefined, [{ JUSTONEAPI_TOKEN: token }]), now })
}

const verdicts = ({ checks }: DoctorReport) => Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]))
const saidOf = ({ checks }: DoctorReport, name: string) => checks.find((check) => check.name === name)!.said
const GOOD = {
  node: 'ok',
  config: 'ok',
  versions: 'ok',
  // Other programs may need the memory of this machine.
  memory: expect.stringMatching(/^(ok|warn)$/) as string,
  folder: 'ok',
  space: 'ok',
  lock: 'ok',
  database: 'ok',
  log: 'ok',
  written: 'ok',
  next: 'ok',
  token: 'ok',
  proxy: 'ok',
  network: 'ok',
  certificate: 'ok',
  clock: 'ok',
}

test('all checks pass before and after the first run; no call is made and no file is left', async () => {
  const data = join(temporaryFolder(), 'data')
  const api = await simulator()
  const before = await examine(data, api.url, TOKEN)
  expect(verdicts(before)).toEqual(GOOD)
  expect(before.exit_code).toBe(0)
  expect(existsSync(data)).toBe(false)
  await enrich(writeList(temporaryFolder(), [plainId(1)]), data, api)
  const calls = api.ledger.summary().calls
  const files = readdirSync(data, { recursive: true }).sort()
  const after = await examine(data, api.url, TOKEN)
  expect(verdicts(after)).toEqual(GOOD)
  expect(saidOf(after, 'database')).toMatch(/opens \(DuckDB 1\.5\.\d+, schema \d+ of \d+, .*real data\)/)
  expect(readdirSync(data, { recursive: true }).sort()).toEqual(files)
  expect(api.ledger.summary().calls).toBe(calls)

  const other = await examine(data, 'simulated', undefined)
  expect([other.exit_code, saidOf(other, 'database')]).toEqual([2, expect.stringContaining('holds real data')])
  const early = await examine(data, api.url, TOKEN, () => Date.now() - 86_400_000)
  expect(verdicts(early)).toEqual({ ...GOOD, clock: 'fail' })
  expect(saidOf(early, 'clock')).toContain('set the clock')
  expect(early.exit_code).toBe(7)
  // One failure is one line, also where a reason has several.
  renameSync(join(data, 'creators.duckdb'), join(data, 'kept'))
  writeFileSync(join(data, 'creators.duckdb'), 'no database'.repeat(1000))
  const unread = await examine(data, api.url, TOKEN)
  expect(verdicts(unread)).toEqual({ ...GOOD, database: 'fail', written: 'warn' })
  renameSync(join(data, 'kept'), join(data, 'creators.duckdb'))
  const checks = [{ name: 'next', verdict: 'fail', said: 'damaged:\n  a file' } as const]
  expect(doctorText({ data, exit_code: 7, checks })).toBe('fail  next      damaged: a file\n')
  // A damaged working database is reported, too.
  writeFileSync(join(data, 'state', 'warehouse.duckdb'), 'not a database')
  expect(saidOf(await examine(data, api.url, TOKEN), 'database')).toContain('the next run rebuilds it with no call')
})

test('only a HEAD for the root is sent, without the token; a host that does not answer it is fine', async () => {
  const received: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes)
      socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const report = await examine(join(temporaryFolder(), 'data'), `http://127.0.0.1:${port}`, TOKEN)
  await new Promise((resolve) => server.close(resolve))
  expect(verdicts(report)).toEqual(GOOD)
  expect(saidOf(report, 'clock')).toContain("the API's Date is not known")
  expect(Buffer.concat(received).toString()).toMatch(
    /^HEAD \/ HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nconnection: close\r\nuser-agent: creator-enrich\/\S+\r\n\r\n$/i,
  )
})

test('each failure in one line, with the exit code of the first', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  // No server listens on port 1, and the name of the second host does not exist.
  const down = await examine(data, 'http://127.0.0.1:1', 'a token')
  expect(verdicts(down)).toEqual({ ...GOOD, token: 'fail', network: 'fail' })
  expect(down.exit_code).toBe(2)
  expect(saidOf(down, 'token')).not.toContain('a token"')
  expect(saidOf(down, 'network')).toContain('cannot be reached')
  const nowhere = await examine(data, 'https://nowhere.invalid', TOKEN)
  expect([nowhere.exit_code, verdicts(nowhere)]).toEqual([6, { ...GOOD, network: 'fail', certificate: 'warn' }])
  expect(saidOf(nowhere, 'network')).toContain('nowhere.invalid cannot be resolved')
  const plain = await simulator()
  const noTls = await examine(data, plain.url.replace('http:', 'https:'), TOKEN)
  expect(noTls.exit_code).toBe(6)
  expect(saidOf(noTls, 'network')).toMatch(/127\.0\.0\.1:\d+ \(127\.0\.0\.1\) cannot be reached/)
  expect((await examine(data, 'simulated', undefined)).exit_code).toBe(0)

  mkdirSync(data)
  const lock = await takeLock(layoutOf(data))
  const env = { JUSTONEAPI_TOKEN: TOKEN }
  const held = await commandHere(['doctor', '--data', data, '--api', 'simulated'], { env }).finally(() =>
    lock.release(),
  )
  expect(held.code).toBe(8)
  expect(held.stdout).toMatch(new RegExp(`\nfail {2}lock {6}another run \\(PID ${process.pid}\\) holds `))
  expect(held.stdout + held.stderr).not.toContain(TOKEN)
  writeFileSync(join(data, 'raw'), 'a file in the way')
  expect((await examine(data, 'simulated', undefined)).exit_code).toBe(7)
  const printed = await commandHere(['doctor', '--data', data, '--api', 'simulated', '--json'], {
    env: { JUSTONEAPI_TOKEN: 'b d' },
  })
  const report = JSON.parse(printed.stdout) as DoctorReport
  expect([printed.code, report.exit_code]).toEqual([7, 7])
  expect(verdicts(report)).toEqual({ ...GOOD, folder: 'fail' })
})

test("the clock against the API's Date: a run would stop beyond an hour; no call is made", async () => {
  const data = join(temporaryFolder(), 'data')
  const api = await simulator()
  for (const [dateShiftMs, verdict, said] of [
    [0, 'ok', "as the API's Date"],
    [-600_000, 'warn', '10 minutes ahead of the API'],
    [3_000_000, 'warn', '50 minutes behind the API'],
    [7_300_000, 'fail', '2.0 hours behind the API'],
    [null, 'ok', "the API's Date is not known"],
  ] as const) {
    api.change({ dateShiftMs })
    const report = await examine(data, api.url, TOKEN)
    expect([verdicts(report)['clock'], report.exit_code], said).toEqual([verdict, verdict === 'fail' ? 7 : 0])
    expect(saidOf(report, 'clock')).toContain(said)
  }
  expect(api.ledger.summary().calls).toBe(0)
})

test('what the folder needs next, each with its remedy, and nothing is changed', async () => {
  const data = join(temporaryFolder(), 'data')
  const layout = layoutOf(data)
  const api = await simulator()
  await enrich(writeList(temporaryFolder(), [plainId(1)]), data, api)
  const next = async () => {
    const before = readdirSync(data, { recursive: true }).sort()
    const { checks } = await examine(data, api.url, TOKEN)
    expect(readdirSync(data, { recursive: true }).sort()).toEqual(before)
    const { verdict, said } = checks.find(({ name }) => name === 'next')!
    return `${verdict} ${said}`
  }
  expect(await next()).toBe('ok nothing')
  const segment = await writeSegment(layout.journal, [answerOf(1)])
  expect(await next()).toMatch(/^warn load: 1 segment of the journal is not loaded: run the same command again/)
  rmSync(segment)
  await writeTombstones(
    layout.forgotten,
    addTombstones(await readTombstones(layout.forgotten), new Map([['a', {}]]), 0),
  )
  expect(await next()).toMatch(/^warn erasure: .* the same ids to `creator-enrich forget --data \S+` again$/)
  rmSync(layout.forgotten)
  writeFileSync(`${layout.warehouse}.damaged-1`, 'x')
  expect(await next()).toMatch(/^warn clean-up: 1 damaged file set aside in .*: check the disk, then remove them$/)
  rmSync(`${layout.warehouse}.damaged-1`)

  const [{ reading }] = (await published(data, 'SELECT reading FROM data_folder')) as [{ reading: number }]
  await inPublished(data, "UPDATE data_folder SET reading = 1; UPDATE runs SET version = '99.0.0'")
  expect(await next()).toMatch(
    /^ok rebuild: an older version made it, .* the next run or `replay` does it with no call$/,
  )
  const newer = await examine(data, api.url, TOKEN)
  expect([verdicts(newer)['written'], saidOf(newer, 'written')]).toEqual([
    'warn',
    expect.stringMatching(/99\.0\.0, schema \d+, storage v1\.2\.0\+: newer than this one/),
  ])
  await inPublished(data, `UPDATE data_folder SET reading = ${reading}, attributes = '{"nickname":[]}'`)
  expect(await next()).toMatch(
    /^warn rebuild: the definition of its columns has changed: `creator-enrich replay --data \S+`/,
  )
  rmSync(layout.warehouse)
  expect(await next()).toContain('warehouse.duckdb is missing: the next run or `replay` makes it from raw/')
  rmSync(layout.database)
  expect(await next()).toBe(`warn rebuild: nothing is published: \`creator-enrich replay --data ${data}\``)
})

/** Changes the published file, which is read-only, through its name. */
async function inPublished(data: string, sql: string): Promise<void> {
  const path = realpathSync(layoutOf(data).database)
  chmodSync(path, 0o644)
  const database = await openDatabase(path)
  for (const statement of sql.split(';')) await database.connection.run(statement)
  await database.connection.run('CHECKPOINT')
  await database.close()
}

test('little memory, and a certificate that ends soon, are warnings with a remedy', () => {
  const MB = 1 << 20
  expect(checkMemory({ total: 8192 * MB, free: 4096 * MB })).toMatchObject({ verdict: 'ok' })
  expect(checkMemory({ total: 8192 * MB, free: 300 * MB })).toEqual({
    verdict: 'warn',
    said: expect.stringMatching(/^300 MB free of 8,192 MB; DuckDB may use 160 MB, .*--memory/) as string,
  })
  const day = (text: string) => Date.parse(text)
  const party = { CN: 'api.example.test', O: 'Some CA' }
  const certificate = {
    subject: party,
    issuer: party,
    valid_from: 'Nov  1 00:00:00 2026 GMT',
    valid_to: 'Dec 10 00:00:00 2026 GMT',
  }
  const connected = { certificate } as unknown as Reached
  const at = (now: number) => checkCertificate({ base: new URL('https://api.example.test') }, connected, now)
  expect(at(day('2026-11-02'))).toEqual({
    verdict: 'ok',
    said: expect.stringMatching(/^valid 2026-11-01 to 2026-12-10, for api\.example\.test, issued by Some CA/) as string,
  })
  expect(at(day('2026-12-05'))).toMatchObject({
    verdict: 'warn',
    said: expect.stringContaining('it ends in 5 days') as string,
  })
  expect(at(day('2026-12-09')).said).toContain('it ends in 1 day,')
})

test('a log file: a folder in its place is a failure, a full disk a warning; no file is made', async ({ skip }) => {
  const folder = temporaryFolder()
  await expect(checkLogFile({ logFile: folder })).rejects.toThrow(`--log-file ${folder}: this is a folder`)
  const disk = join(folder, 'disk')
  if (!smallDisk(disk, 1)) skip('only root can mount a file system')
  const logFile = join(disk, 'logs', 'nightly.log')
  expect((await checkLogFile({ logFile })).verdict).toBe('ok')
  expect(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(2 << 20))).toThrow('ENOSPC')
  expect(await checkLogFile({ logFile })).toMatchObject({
    verdict: 'warn',
    said: expect.stringContaining(`the disk of ${disk} is full`) as string,
  })
  expect(await checkSpace(layoutOf(join(disk, 'data')))).toEqual({
    verdict: 'warn',
    said: '0 MB free, room for about 0 ids: make room',
  })
  expect(readdirSync(disk)).toEqual(['filler'])
})
