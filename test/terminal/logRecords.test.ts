import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { LOG_EVENTS } from '../../src/core/logEvents.js'
import { redactor } from '../../src/core/redact.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { idHider } from '../../src/model/hideIds.js'
import type { Receipt } from '../../src/model/receipt.js'
import { Logger } from '../../src/terminal/logger.js'
import { logRecord } from '../../src/terminal/logRecords.js'
import { cli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { simulator, TOKEN } from '../support/simulated.js'

type Entry = Record<string, unknown> & { level: string; event: string; msg: string; run_id: string }

function entriesOf(text: string): Entry[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
}

test('a record holds time, level, event, message and fields; token and user ids are taken out at every depth', async () => {
  const lines: string[] = []
  const shown: string[] = []
  const record = logRecord({ run_id: '20261122T220537Z-1f3a', command: 'run' })
  const file = { append: (line: string) => lines.push(line), kept: 'debug' as const }
  const sink = { write: (text: string) => shown.push(text) }
  const logger = new Logger(sink, 'info', redactor(TOKEN), { record, file, shown: false })
  logger.withoutIds(idHider(await loadPipeline(undefined)))
  const encoded = encodeURIComponent(TOKEN)
  const fields = { list: TOKEN, deep: [{ text: `x=${encoded}`, id: plainId(7) }], count: 3, none: undefined }
  logger.log('warn', `100% of ${plainId(7)} at /u%2F${plainId(7)}?token=${encoded}`, 'list_shrank', fields)
  logger.log('debug', `${plainId(7)}: retry ${TOKEN}`, 'call_ended', { id: plainId(7) })
  expect(lines).toHaveLength(2)
  const [warning, debug] = entriesOf(lines.join(''))
  expect(warning).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/) as string,
    run_id: '20261122T220537Z-1f3a',
    command: 'run',
    pid: process.pid,
    event: 'list_shrank',
    msg: '100% of [id] at /u%2F[id]?token=[token]',
    list: '[token]',
    deep: [{ text: 'x=[token]', id: '[id]' }],
    count: 3,
  })
  expect(debug).toMatchObject({ level: 'debug', msg: `${plainId(7)}: retry [token]`, id: plainId(7) })
  // People see the whole path that they typed.
  expect(shown).toEqual([`warning: 100% of ${plainId(7)} at /u%2F${plainId(7)}?token=[token]\n`])
})

test('run --log-file: one run id, known events, no token, no user id; --log-format json shows the same on stderr', async () => {
  const folder = temporaryFolder()
  // The path holds the token and a user id, and a control character.
  const inside = join(folder, `${encodeURIComponent(TOKEN)}\u009b`)
  mkdirSync(inside)
  const list = writeList(inside, [plainId(1), plainId(2)], `${plainId(9)}.csv`)
  const log = join(folder, 'run.log')
  const api = await simulator()
  const env = { JUSTONEAPI_TOKEN: TOKEN }
  const args = ['run', list, '--api', api.url, '--data', join(folder, 'data'), '--no-report', '--json']
  const run = await cli([...args, '--log-file', log, '--log-format', 'json'], { env })
  const receipt = JSON.parse(run.stdout) as Receipt
  const text = readFileSync(log, 'utf8')
  const withoutTime = (lines: string): string => lines.replaceAll(/"time":"[^"]*"/g, '')
  expect(withoutTime(run.stderr)).toBe(withoutTime(text))
  expect(text).not.toMatch(new RegExp(`canary|${String.fromCharCode(0x9b)}`))
  const entries = entriesOf(text)
  for (const { event, run_id, level, msg } of entries) {
    expect(Object.keys(LOG_EVENTS)).toContain(event)
    expect([event, run_id]).toEqual([event, receipt.run_id])
    if (level !== 'debug') expect(msg).not.toContain(plainId(9))
  }
  expect(entries.map(({ event }) => event)).toEqual(expect.arrayContaining(['run_started', 'planned', 'run_ended']))
  expect(text).toContain('[id].csv')
})

test('a log on a full disk loses its lines, and nothing else', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1), plainId(2), plainId(3)])
  const api = await simulator()
  const args = ['run', list, '--api', api.url, '--data', join(folder, 'data'), '--no-report', '--json']
  const full = await cli([...args, '--log-file', '/dev/full', '--log-level', 'debug'], {
    env: { JUSTONEAPI_TOKEN: TOKEN },
  })
  expect([full.code, full.stderr.match(/warning: .*\/dev\/full cannot be written any more: ENOSPC/g)?.length]).toEqual([
    0, 1,
  ])
  expect(JSON.parse(full.stdout)).toMatchObject({ rows: { enriched: 3 }, calls: { sent: 3, billed: 3 } })
  expect(api.ledger.summary().calls).toBe(3)
})

test('every event is used in the code, and docs/logs.md lists it with its meaning', () => {
  const page = readFileSync(fileURLToPath(new URL('../../docs/logs.md', import.meta.url)), 'utf8')
  const rows = [...page.matchAll(/^\| `(\w+)` \| (.+) \|$/gm)].map(([, event, meaning]) => [event, meaning])
  expect(rows.filter(([event]) => event! in LOG_EVENTS)).toEqual(Object.entries(LOG_EVENTS))
})
