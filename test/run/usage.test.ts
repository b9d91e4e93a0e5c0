import { justOneApi } from '../../pipelines/justOneApi.js'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../../src/commands/run/command.js'
import { resolveApi } from '../../src/config/api.js'
import { resolveSettings } from '../../src/config/settings.js'
import { UsageError } from '../../src/core/errors.js'
import { cli } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, enrichAll, receiptOf, refused, simulator, startRun } from '../support/simulated.js'

const env = { JUSTONEAPI_TOKEN: 'x' }

describe('wrong usage is one error line and exit 2, and nothing is sent', () => {
  test.each<[what: string, write: (folder: string) => string[], message: RegExp]>([
    ['a file that is missing', (folder) => [join(folder, 'none.csv')], /none\.csv does not exist/],
    [
      'an empty name, as of a variable that is not set',
      () => [''],
      /^error: the name of an input is empty: name a file/m,
    ],
    [
      'an empty name beside a file',
      (folder) => [writeList(folder, [plainId(1)]), ''],
      /^error: the name of an input is empty: name a file/m,
    ],
    [
      'an unknown flag',
      (folder) => [writeList(folder, [plainId(1)]), '--concurency', '3'],
      /unknown option '--concurency'/,
    ],
    [
      'a file whose name begins with a dash',
      () => ['-dash.csv'],
      /^error: unknown option '-dash\.csv'; a name that begins with a dash goes last, after two dashes: -- -dash\.csv$/m,
    ],
    ['a pipe of the shell, whose number is no name', () => ['/dev/fd/63'], /^error: \/dev\/fd\/63 .*--list NAME$/m],
    [
      'stdin by its path, beside a file',
      (folder) => [writeList(folder, [plainId(1)]), '/dev/../dev/stdin'],
      /^error: \S+stdin \(a pipe of the shell\) has no name; give its list one with --list NAME$/m,
    ],
    [
      'a value that does not fit',
      (folder) => [writeList(folder, [plainId(1)]), '--timeout', 'soon'],
      /--timeout: expected a duration/,
    ],
  ])('%s', async (_, write, message) => {
    const folder = temporaryFolder()
    const api = await simulator()
    const ended = await commandHere(['run', ...write(folder), '--api', api.url, '--data', join(folder, 'data')], {
      env,
    })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).not.toMatch(/\n\s+at /)
    expect(ended.stdout).toBe('')
    expect(api.ledger.summary().calls).toBe(0)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test.each<[what: string, write: (folder: string) => string[], message: RegExp, ...flags: string[]]>([
    ['an empty file', (folder) => file(folder, 'empty.csv', ''), /empty\.csv is empty/],
    ['a folder', (folder) => [folder], /is a folder/],
    [
      'a file twice',
      (folder) => Array.from({ length: 2 }, () => writeList(folder, [plainId(1)])),
      /^\S+\.csv is named twice: name it once$/,
    ],
    ['no id column', (folder) => file(folder, 'names.csv', 'name,city\nA,B\nC,D\n'), /names\.csv.*column/],
    [
      'a column that is missing',
      (folder) => file(folder, 'a.csv', `x,y\n${plainId(1)},1\n`),
      /a\.csv.*column "?z/,
      '--column',
      'z',
    ],
    [
      'a quote that is not closed',
      (folder) => file(folder, 'quote.csv', `user_id\n${plainId(1)}\n"${plainId(2)}\n`),
      /quote\.csv.*line 3/,
    ],
    [
      'bytes that are neither UTF-8 nor GB18030',
      (folder) =>
        file(
          folder,
          'bytes.csv',
          Buffer.concat([Buffer.from(`user_id,name\n${plainId(1)},`), Buffer.from([0xff, 0x0a])]),
        ),
      /bytes\.csv.*line 2/,
    ],
    [
      'a pipeline that does not exist',
      (folder) => [writeList(folder, [plainId(1)])],
      /--pipeline none: there is no such pipeline; there are weibo-user-profile/,
      '--pipeline',
      'none',
    ],
    ['stdin without a list name', () => ['-'], /--list/],
    [
      'two inputs with the same list name',
      (folder) => {
        mkdirSync(join(folder, 'other'))
        return [writeList(folder, [plainId(1)]), writeList(join(folder, 'other'), [plainId(2)])]
      },
      /creators/,
    ],
  ])('%s', async (_, write, message, ...flags) => {
    const folder = temporaryFolder()
    const api = await simulator()
    const { code, stderr } = await refused(enrichAll(write(folder), join(folder, 'data'), api, ...flags))
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('\n')
    expect(api.ledger.summary().calls).toBe(0)
    expect(existsSync(join(folder, 'data', 'creators.duckdb'))).toBe(false)
  })

  test('plain HTTP to another machine needs --allow-plain-http, and warns', () => {
    const settings = resolveSettings(runCommand.options, { api: 'cn' }, [])
    expect(() => resolveApi(settings, justOneApi)).toThrow(UsageError)
    expect(() => resolveApi(settings, justOneApi)).toThrow('--allow-plain-http')
    expect(resolveApi({ ...settings, allowPlainHttp: true }, justOneApi).warning).toContain('plain HTTP')
  })

  test('a timeout below a minute is allowed for this machine only', () => {
    const short = resolveSettings(runCommand.options, { timeout: '30s' }, [])
    expect(() => resolveApi(short, justOneApi)).toThrow(UsageError)
    expect(() => resolveApi(short, justOneApi)).toThrow('--timeout 30s')
    expect(
      resolveApi(resolveSettings(runCommand.options, { timeout: '30s', api: 'http://127.0.0.1:9' }, []), justOneApi)
        .simulated,
    ).toBe(false)
  })
})

test('several files and stdin: an id that is in several is fetched once', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const a = writeList(folder, [plainId(1), plainId(2), plainId(1)], 'a.csv')
  const b = join(folder, 'b.csv')
  writeFileSync(
    b,
    `\ufeff名字,主页链接\n甲,https://www.xiaohongshu.com/user/profile/${plainId(2)}?xsec_token=x\n乙,${plainId(3).toUpperCase()}\n`,
  )
  const { code, receipt, stderr } = await enrichAll([a, b], data, api)
  expect(code).toBe(0)
  expect(stderr).toContain('主页链接')
  expect(receipt.rows).toMatchObject({ read: 5, enriched: 5 })
  expect(receipt.ids).toMatchObject({ read: 3, enriched: 3 })
  expect(api.ledger.summary().calls).toBe(3)
  expect(
    readFileSync(join(data, 'exports', 'a.enriched.csv'), 'utf8')
      .trimEnd()
      .split('\r\n').length || 0,
  ).toBeGreaterThan(0)
  expect(await published(data, 'SELECT list, rows, ids FROM lists ORDER BY list')).toEqual([
    { list: 'a', rows: 3, ids: 2 },
    { list: 'b', rows: 2, ids: 2 },
  ])

  const piped = await cli(['run', '-', '--list', 'piped', '--api', api.url, '--data', data, '--json'], {
    env,
    stdin: `${plainId(3)}\n${plainId(4)}\n`,
  })
  expect(receiptOf(piped).ids).toMatchObject({ read: 2, reused: 1, enriched: 1 })
})

test('a pipe of the shell is read with --list, and its number names nothing', async () => {
  const folder = temporaryFolder()
  const args = ['plan', '/dev/fd/3', '--data', join(folder, 'data')]
  const through = ['bash', '-c', 'exec "$@" 3< <(echo "$ID")', 'bash']
  const named = await cli([...args, '--list', 'piped'], { env: { ID: plainId(1) }, through })
  expect(named).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^lists {6}piped .*\nrows {7}1 read/) as string,
  })
  for (const path of ['/dev/fd/3', '/proc/self/fd/3', '/proc/1/task/1/fd/3', '/dev/stdin']) {
    const unnamed = await commandHere(['plan', path, '--data', join(folder, 'data')])
    expect(unnamed).toMatchObject({ code: 2, stderr: expect.stringContaining('with --list NAME') as string })
  }
})

test('a list whose name begins with a dash is told how it is removed', async () => {
  for (const command of [['untrack'], ['lists', 'remove']]) {
    const { code, stderr } = await commandHere([...command, '-spring'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/: -- -spring$/m)
  }
  expect((await commandHere(['plan', '--two.csv'])).stderr).toMatch(/: -- --two\.csv$/m)
  // No name is asked for, or the option is a likely one.
  expect((await commandHere(['status', '-spring'])).stderr).toBe("error: unknown option '-spring'\n")
  expect((await commandHere(['run', '--lists'])).stderr).not.toContain('two dashes')
})

test('more failures than --max-failed: exit 3, everything is published', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, [plainId(1), '5f00000000000000c0de0101'])
  const { code, receipt } = await enrich(list, data, api, '--max-failed', '49%,1')
  expect(code).toBe(3)
  expect(receipt.ids).toMatchObject({ enriched: 1, failed: 1 })
  expect(readFileSync(join(data, 'exports', 'failures.csv'), 'utf8')).toContain('5f00000000000000c0de0101')
})

test('a share of failures counts from five ids on; a run in which every fetched id failed is exit 3 whatever its size', async () => {
  const folder = temporaryFolder()
  const api = await simulator()
  const codeOf = async (name: string, failing: number, good: number, ...args: string[]) => {
    const broken = Array.from({ length: failing }, (_, n) => `5f0000000000000${n}c0de0101`)
    const ids = [...broken, ...Array.from({ length: good }, (_, n) => plainId(n + 1))]
    const { receipt } = await enrich(writeList(folder, ids, `${name}.csv`), join(folder, name), api, ...args)
    expect(receipt.ids).toMatchObject({ enriched: good, failed: failing })
    return receipt.exit_code
  }
  expect(await codeOf('one-of-ten', 1, 9)).toBe(0)
  expect(await codeOf('four', 4, 1)).toBe(0)
  expect(await codeOf('five', 5, 5)).toBe(3)
  expect(await codeOf('five-allowed', 5, 5, '--max-failed', '50%')).toBe(0)
  expect(await codeOf('own-floor', 5, 5, '--max-failed', '5%,6')).toBe(0)
  expect(await codeOf('all', 1, 0)).toBe(3)
  expect(await codeOf('all-allowed', 2, 0, '--max-failed', '100%')).toBe(3)
})

test('--no-bom, and a reader of stdout that closes it', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const { child, ended } = startRun([writeList(folder, [plainId(1)])], data, api, '--no-bom')
  child.stdout?.destroy()
  child.stderr?.destroy()
  expect((await ended).code).toBe(0)
  expect(readFileSync(join(data, 'exports', 'creators.csv'), 'utf8')).toMatch(/^user_id,/)
})

test('--help and --version', async () => {
  expect((await commandHere(['--help'])).stdout).toContain('simulate')
  expect((await commandHere(['run', '--help'])).stdout).toContain('--max-age')
  expect((await commandHere(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

function file(folder: string, name: string, content: string | Buffer): string[] {
  const path = join(folder, name)
  writeFileSync(path, content)
  return [path]
}
