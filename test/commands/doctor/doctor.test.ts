import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { doctorCommand } from '../../../src/commands/doctor/command.js'
import { doctor, type DoctorReport } from '../../../src/commands/doctor/doctor.js'
import { readToken } from '../../../src/config/api.js'
import { resolveSettings } from '../../../src/config/options.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { takeLock } from '../../../src/dataFolder/lock.js'
import { cli } from '../../support/cli.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { enrich, simulator, TOKEN } from '../../support/simulated.js'

async function examine(data: string, api: string, token: string | undefined, now = Date.now): Promise<DoctorReport> {
  const settings = resolveSettings(doctorCommand.options, { data, api }, [])
  return doctor({ settings, readToken: () => readToken(undefined, [{ JUSTONEAPI_TOKEN: token }]), now })
}

const verdicts = ({ checks }: DoctorReport) => Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]))
const saidOf = ({ checks }: DoctorReport, name: string) => checks.find((check) => check.name === name)!.said
const GOOD = {
  node: 'ok',
  config: 'ok',
  folder: 'ok',
  space: 'ok',
  lock: 'ok',
  database: 'ok',
  token: 'ok',
  network: 'ok',
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
  // A damaged working database is reported, too.
  writeFileSync(join(data, 'state', 'warehouse.duckdb'), 'not a database')
  expect(saidOf(await examine(data, api.url, TOKEN), 'database')).toContain('the next run rebuilds it with no call')
})

test('no data is sent over the connection', async () => {
  const received: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('data', (bytes: Buffer) => received.push(bytes))
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const report = await examine(join(temporaryFolder(), 'data'), `http://127.0.0.1:${port}`, TOKEN)
  await new Promise((resolve) => server.close(resolve))
  expect(verdicts(report)).toEqual(GOOD)
  expect(Buffer.concat(received)).toHaveLength(0)
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
  expect(nowhere.exit_code).toBe(6)
  expect(saidOf(nowhere, 'network')).toContain('nowhere.invalid cannot be resolved')
  const plain = await simulator()
  const noTls = await examine(data, plain.url.replace('http:', 'https:'), TOKEN)
  expect(noTls.exit_code).toBe(6)
  expect(saidOf(noTls, 'network')).toMatch(/127\.0\.0\.1:\d+ \(127\.0\.0\.1\) cannot be reached/)
  expect((await examine(data, 'simulated', undefined)).exit_code).toBe(0)

  mkdirSync(data)
  const lock = await takeLock(layoutOf(data))
  const env = { JUSTONEAPI_TOKEN: TOKEN }
  const held = await cli(['doctor', '--data', data, '--api', 'simulated'], { env }).finally(() => lock.release())
  expect(held.code).toBe(8)
  expect(held.stdout).toMatch(new RegExp(`\nfail {2}lock {6}another run \\(PID ${process.pid}\\) holds `))
  expect(held.stdout + held.stderr).not.toContain(TOKEN)
  writeFileSync(join(data, 'raw'), 'a file in the way')
  expect((await examine(data, 'simulated', undefined)).exit_code).toBe(7)
  const printed = await cli(['doctor', '--data', data, '--api', 'simulated', '--json'], {
    env: { JUSTONEAPI_TOKEN: 'b d' },
  })
  const report = JSON.parse(printed.stdout) as DoctorReport
  expect([printed.code, report.exit_code]).toEqual([7, 7])
  expect(verdicts(report)).toEqual({ ...GOOD, folder: 'fail' })
})
