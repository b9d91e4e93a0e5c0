import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { expect, test, vi } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { runCommand } from '../../src/commands/run/command.js'
import { resolveSettings, withPrice } from '../../src/config/settings.js'
import { quotedText, openDatabase } from '../../src/core/duckdb.js'
import { liveEffects } from '../../src/core/effects.js'
import { Resources } from '../../src/core/resources.js'
import { NEWEST_RUNS_FIRST } from '../../src/model/clock.js'
import type { Receipt } from '../../src/model/receipt.js'
import type { Member } from '../../src/read/readInput.js'
import { openInputs } from '../../src/run/openInputs.js'
import { cli, startCli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, simulator, TOKEN } from '../support/simulated.js'

const HEADER = ['备注', 'user_id', '预算; 元|档']
const ROWS = [
  ['护肤测评', plainId(1), '1,5'],
  ['通勤, 穿搭', plainId(2).toUpperCase(), '2;5'],
  ['他说 "好"\n第二行', `https://www.xiaohongshu.com/user/profile/${plainId(3)}?xsec_token=A%3D`, '3|5'],
  ['', '5.6E+23', '4\t5'],
  ['重复', plainId(1), ''],
]

function csv(delimiter = ',', lineEnd = '\n'): string {
  const quoted = /[",;|\t\r\n]/
  const options = { delimiter, record_delimiter: lineEnd, quoted_match: quoted }
  return stringify([HEADER, ...ROWS], options)
}

function table(text: string): string[][] {
  return parse(text, { bom: true })
}

function encoded(text: string, encoding: string): Buffer {
  return execFileSync('iconv', ['-f', 'UTF-8', '-t', encoding], { input: text })
}

async function writeParquet(path: string, rows: readonly (readonly string[])[]): Promise<void> {
  const database = await openDatabase(':memory:')
  const values = rows.map((row) => `(${row.map(quotedText).join(', ')})`).join(', ')
  const names = HEADER.map((name) => `"${name}"`).join(', ')
  await database.connection.run(`COPY (FROM (VALUES ${values}) t(${names})) TO ${quotedText(path)} (FORMAT parquet)`)
  await database.close()
}

interface Form {
  readonly name: string
  readonly content: string | Buffer
  /** Options that the input needs. */
  readonly args?: Record<string, string>
}

const FORMATS: Record<string, Form> = {
  'UTF-8 with a byte order mark': { name: 'bom.csv', content: `\ufeff${csv()}` },
  CRLF: { name: 'crlf.csv', content: csv(',', '\r\n').replaceAll('"\r\n第', '"\n第') },
  'UTF-16LE with a mark': {
    name: 'marked.csv',
    content: Buffer.concat([Buffer.from([0xff, 0xfe]), encoded(csv(), 'UTF-16LE')]),
  },
  'UTF-16LE without one': { name: 'bare.csv', content: encoded(csv(), 'UTF-16LE') },
  'UTF-16LE, given': { name: 'given.csv', content: encoded(csv(), 'UTF-16LE'), args: { encoding: 'utf-16le' } },
  GB18030: { name: 'gb.csv', content: encoded(csv(), 'GB18030') },
  gzip: { name: 'packed.csv.gz', content: gzipSync(csv()) },
  'gzip of GB18030': { name: 'packed-gb.csv.gz', content: gzipSync(encoded(csv(), 'GB18030')) },
  semicolons: { name: 'semicolons.csv', content: csv(';') },
  tabs: { name: 'tabs.tsv', content: csv('\t') },
  'bars, given': { name: 'bars.csv', content: csv('|'), args: { delimiter: '|' } },
  'GB18030 and bars, given': {
    name: 'gb-bars.csv',
    content: encoded(csv('|'), 'GB18030'),
    args: { encoding: 'gb18030', delimiter: '|' },
  },
}

/** Everything that a run takes from this input. */
async function takenFrom(path: string, args: Record<string, string>): Promise<object> {
  const settings = withPrice(resolveSettings(runCommand.options, { list: 'spring', ...args }, []), pipeline)
  const open = new Resources()
  const logged: string[] = []
  const effects = liveEffects((_, message) => logged.push(message))
  const inputs = await openInputs({ inputs: [path], settings, pipeline, effects }, open)
  const members: Member[] = []
  for (const input of inputs) for await (const batch of input.rows()) members.push(...batch)
  await open.close()
  expect(logged).toEqual([expect.stringContaining('ids are read from column "user_id", found by its name')])
  return { members, lists: inputs.map(({ name, columns, idColumn }) => ({ name, columns, idColumn })) }
}

test('the same list in every form is the same to a run', async () => {
  const folder = temporaryFolder()
  const plain = join(folder, 'plain.csv')
  writeFileSync(plain, csv())
  const expected = await takenFrom(plain, {})
  for (const [form, { name, content, args = {} }] of Object.entries(FORMATS)) {
    const path = join(folder, name)
    writeFileSync(path, content)
    expect({ form, ...(await takenFrom(path, args)) }).toEqual({ form, ...expected })
  }
})

test('text, Parquet and stdin give the same files, byte by byte, for one set of calls', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const files = ['spring.enriched.csv', 'spring.rejects.csv', 'creators.csv', 'failures.csv']
  const exported = () =>
    Object.fromEntries(files.map((name) => [name, readFileSync(join(data, 'exports', name), 'utf8')]))
  const outcome = async (path: string, ...args: string[]) => {
    expect((await enrich(path, data, api, '--list', 'spring', '--max-age', '1d', ...args)).code).toBe(0)
    return exported()
  }
  const plain = join(folder, 'plain.csv')
  writeFileSync(plain, csv())
  await outcome(plain)
  const given = FORMATS['GB18030 and bars, given']!
  writeFileSync(join(folder, given.name), given.content)
  const expected = await outcome(join(folder, given.name), '--encoding', 'gb18030', '--delimiter', '|')
  expect(expected['spring.enriched.csv']).toContain('他说 ""好""\n第二行')
  const rejects = table(expected['spring.rejects.csv']!)
  expect(rejects).toHaveLength(2)

  const parquet = join(folder, 'people.parquet')
  await writeParquet(parquet, ROWS)
  const { 'spring.rejects.csv': rejected, ...others } = await outcome(parquet)
  expect({ ...others, 'spring.rejects.csv': expected['spring.rejects.csv'] }).toEqual(expected)
  // Parquet has rows, but no lines.
  expect(table(rejected!)[1]).toEqual(rejects[1]!.map((cell) => (cell === '6' ? '4' : cell)))

  const piped = ['run', '-', '--list', 'spring', '--api', api.url, '--data', data]
  const gzip = execFileSync('gzip', ['-c'], { input: encoded(csv(';'), 'GB18030') })
  const { code } = await cli(piped, { env: { JUSTONEAPI_TOKEN: TOKEN }, stdin: gzip })
  expect(code).toBe(0)
  expect(exported()).toEqual(expected)
  expect(api.ledger.summary()).toMatchObject({ calls: 3, charged: 3 })
})

test('fourteen rows as people write them end as documented, with one call for each id', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const [invalid, gone] = ['5f00000000000000c0de0400', '5f00000000000000fa170060']
  const cells: [cell: string, status: string, reason: string | null, id: string | null][] = [
    [plainId(1), 'enriched', null, plainId(1)],
    [plainId(2), 'enriched', null, plainId(2)],
    [plainId(1), 'enriched', null, plainId(1)],
    [`https://www.xiaohongshu.com/user/profile/${plainId(3)}?xsec_token=A%3D`, 'enriched', null, plainId(3)],
    [`看看 https://www.rednote.com/user/profile/${plainId(4)}，复制打开`, 'enriched', null, plainId(4)],
    [`xhsdiscover://user/${plainId(5)}`, 'enriched', null, plainId(5)],
    [`https://www.xiaohongshu.com/explore/${plainId(6)}`, 'rejected', 'note_without_user', null],
    [plainId(0xabc).toUpperCase(), 'enriched', null, plainId(0xabc)],
    ['http://xhslink.com/a/Ab1Cd2', 'rejected', 'short_link', null],
    ['95012345678', 'rejected', 'red_id', null],
    ['5.6E+23', 'rejected', 'ruined_number', null],
    ['', 'rejected', 'empty', null],
    [invalid, 'rejected', 'invalid', invalid],
    [gone, 'empty', null, gone],
  ]
  const list = join(folder, 'creators.csv')
  writeFileSync(list, stringify([['user_id', 'n'], ...cells.map(([cell], n) => [cell, String(n + 1)])]))
  const api = await simulator()

  const { code, receipt } = await enrich(list, data, api)
  expect(code).toBe(0)
  expect(receipt.rows).toMatchObject({ read: 14, enriched: 7, empty: 1, rejected: 6, failed: 0, parked: 0 })
  const members = await published<{ input: string; status: string; reason: string | null; user_id: string | null }>(
    data,
    'SELECT input, status, reason, user_id FROM list_members ORDER BY row_number',
  )
  const first = (input: string) => (JSON.parse(input) as string[])[0]
  expect(members.map(({ input, status, reason, user_id }) => [first(input), status, reason, user_id])).toEqual(cells)

  const records = (name: string) =>
    parse<Record<string, string>>(readFileSync(join(data, 'exports', name)), { bom: true, columns: true })
  expect(records('creators.enriched.csv').map((row) => [row['n'], row['enrich_status'], row['enrich_reason']])).toEqual(
    cells.map(([, status, reason], n) => [String(n + 1), status, reason ?? '']),
  )
  expect(records('creators.rejects.csv').map(({ line, reason }) => [line, reason])).toEqual([
    ['8', 'note_without_user'],
    ['10', 'short_link'],
    ['11', 'red_id'],
    ['12', 'ruined_number'],
    ['13', 'empty'],
    ['14', 'invalid'],
  ])
  for (const { remedy } of records('creators.rejects.csv')) expect(remedy).not.toBe('')

  const fetched = api.ledger.entries.map(({ id }) => id)
  expect(fetched.sort()).toEqual([...new Set(cells.flatMap(([, , , id]) => id ?? []))].sort())
  expect(api.ledger.summary()).toMatchObject({ calls: 8, charged: 7 })
})

test('stdin that cannot be kept is an error before anything is sent', async () => {
  const folder = temporaryFolder()
  const args = ['run', '-', '--list', 'spring', '--api', 'simulated', '--data', join(folder, 'data')]
  const none = join(folder, 'none')
  const { code, stderr } = await cli(args, { env: { TMPDIR: none }, stdin: `user_id\n${plainId(1)}\n` })
  expect([code, stderr]).toEqual([7, expect.stringMatching(/error: <stdin> cannot be kept in .*none \(ENOENT.*; make/)])
})

test('a run starts when its input is there: what another run fetched meanwhile is not dated ahead of it', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const log = join(folder, 'run.log')
  const api = await simulator()
  const args = ['run', '-', '--list', 'piped', '--api', api.url, '--data', data, '--json', '--log-file', log]
  const waiting = startCli(args, { env: { JUSTONEAPI_TOKEN: TOKEN }, isStdinOpen: true })
  await vi.waitFor(() => expect(existsSync(log)).toBe(true), { timeout: 60_000 })
  const other = await enrich(writeList(folder, [plainId(1)]), data, api)
  waiting.child.stdin!.end(`user_id\n${plainId(1)}\n`)
  const { code, stdout } = await waiting.ended
  const receipt = JSON.parse(stdout) as Receipt
  expect([code, receipt.calls.sent, receipt.run_id < other.receipt.run_id]).toEqual([0, 0, true])
  expect(receipt.started_at > other.receipt.finished_at).toBe(true)
  const runs = await published<{ run_id: string }>(data, `SELECT run_id FROM runs ORDER BY ${NEWEST_RUNS_FIRST}`)
  expect(runs.map(({ run_id }) => run_id)).toEqual([receipt.run_id, other.receipt.run_id])
})
