import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { PlanReport } from '../../src/commands/plan/planReport.js'
import { readConfig } from '../../src/config/configFile.js'
import { run } from '../../src/index.js'
import { configKeys, configSchema } from '../../src/config/configSchema.js'
import type { Option } from '../../src/config/option.js'
import { options } from '../../src/config/options.js'
import type { Ended } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { simulator, TOKEN, receiptOf } from '../support/simulated.js'

const env = { JUSTONEAPI_TOKEN: TOKEN }

/** A data folder with this config file. */
function dataWith(config: unknown): string {
  const data = join(temporaryFolder(), 'data')
  mkdirSync(data)
  writeConfig(data, config)
  return data
}

function writeConfig(folder: string, config: unknown): string {
  const path = join(folder, 'creator-enrich.json')
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config, null, 2), { mode: 0o644 })
  return path
}

const lineOf = ({ code, stdout, stderr }: Ended) => {
  expect([code, stdout], stderr).toEqual([2, ''])
  expect(stderr).toMatch(/^error: .*\n$/)
  return stderr
}

test('a run takes its settings from the data folder; flags, the environment and .env win over them, in this order', async () => {
  const api = await simulator()
  const data = dataWith({ api: api.url, 'max-calls': 1, 'no-report': true, json: true, list: 'vips', concurrency: 2 })
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1), plainId(2), plainId(3)])
  const receipt = receiptOf(await commandHere(['run', list, '--data', data], { cwd: folder, env }))
  expect([receipt.calls.sent, receipt.lists[0]!.list, receipt.files.report]).toEqual([1, 'vips', undefined])
  const planned = async (args: string[], variables: Record<string, string>) => {
    const { stdout } = await commandHere(['plan', list, '--data', data, ...args], { cwd: folder, env: variables })
    return (JSON.parse(stdout) as PlanReport).time.concurrency
  }
  expect(await planned([], {})).toBe(2)
  writeFileSync(join(folder, '.env'), 'CREATOR_ENRICH_CONCURRENCY=3\n')
  expect(await planned([], {})).toBe(3)
  expect(await planned([], { CREATOR_ENRICH_CONCURRENCY: '4' })).toBe(4)
  expect(await planned(['--concurrency', '5'], { CREATOR_ENRICH_CONCURRENCY: '4' })).toBe(5)
})

test('--config names the only file; its paths start at its folder, and its data folder is used', async () => {
  const api = await simulator()
  const folder = temporaryFolder()
  const path = writeConfig(folder, { data: 'creators', api: api.url, 'token-file': 'token.txt', json: true })
  writeFileSync(join(folder, 'token.txt'), TOKEN)
  mkdirSync(join(folder, 'creators'))
  writeConfig(join(folder, 'creators'), '{ "this": "is not read" }')
  const elsewhere = temporaryFolder()
  const list = writeList(elsewhere, [plainId(1)])
  const ended = await commandHere(['run', list, '--no-report'], {
    cwd: elsewhere,
    env: { CREATOR_ENRICH_CONFIG: path },
  })
  expect(receiptOf(ended).data).toBe(join(folder, 'creators'))
  const status = await commandHere(['status', '--config', path], { cwd: elsewhere })
  expect([status.code, JSON.parse(status.stdout)]).toEqual([0, expect.objectContaining({ creators: 1 })])
})

test('pairs may be an object', () => {
  const pairs = { 'max-age-by-tier': { mega: '20h', nano: '7d' }, failures: '301=5%' }
  const { values } = readConfig(writeConfig(temporaryFolder(), pairs))
  expect(values).toEqual({ maxAgeByTier: 'mega=20h,nano=7d', failures: '301=5%' })
})

test('simulate takes its options from the file that --config names', async () => {
  const path = writeConfig(temporaryFolder(), { port: 'ten', 'call-limit': '5/s' })
  expect(lineOf(await commandHere(['simulate', '--config', path]))).toContain(
    'line 2, column 3: port: expected a whole number',
  )
})

describe('a file that cannot be used is exit 2 with file, line and column', () => {
  test.each<[what: string, text: string, message: string]>([
    [
      'a comma too many',
      '{\n  "json": true,\n}',
      'line 3, column 1: this is not JSON: expected a name in double quotes, found }',
    ],
    ['a comment', '{\n  // no\n}', 'line 2, column 3: this is not JSON: expected a name in double quotes, found /'],
    [
      'single quotes',
      "{'json': true}",
      "line 1, column 2: this is not JSON: expected a name in double quotes, found '",
    ],
    ['a text without an end', '{"list": "vips\n}', 'line 1, column 10: this is not JSON: expected a value, found "'],
    [
      'the middle missing',
      '{"list": "vips"',
      'line 1, column 16: this is not JSON: expected a comma or }, but the file ends',
    ],
    ['no colon', '{"list" "vips"}', 'line 1, column 9: this is not JSON: expected a colon, found "'],
    ['two values', '{} {}', 'line 1, column 4: this is not JSON: expected the end of the file, found {'],
    ['an empty file', '', 'line 1, column 1: this is not JSON: expected a value, but the file ends'],
    ['a list', '[1]', 'line 1, column 1: expected an object'],
    [
      'a name twice',
      '{"budget": 5,\r\n "budget": 500}',
      'line 2, column 2: this is not JSON: "budget" stands here a second time',
    ],
    [
      'a name in both spellings',
      '{"max-age": "1d", "maxAge": "2d"}',
      'line 1, column 19: max-age stands here a second time',
    ],
    [
      'an unknown name',
      '{\n\t"budget-per-dya": 5\n}',
      'line 2, column 2: there is no setting "budget-per-dya": did you mean budget-per-day?',
    ],
    ['a name of another program', '{"proxies": 1}', 'there is no setting "proxies": docs/options.md lists'],
    [
      'a value that does not fit',
      '{"json": true, "timeout": "soon"}',
      'line 1, column 16: timeout: expected a duration',
    ],
    [
      'the first of two faults',
      '{"rate": 0, "attempts": -1}',
      'line 1, column 2: rate: expected a rate such as 5/s or 300/m, got "0"',
    ],
    ['a switch as a text', '{"excel": "yes"}', 'excel: expected true or false, without quotes'],
    ['an object', '{"price": {}}', 'price: expected a text or a number'],
    [
      'an age that is no duration',
      '{\n"max-age-by-tier": {"mega": "soon"}}',
      'line 2, column 1: max-age-by-tier: expected a duration',
    ],
    ['an object in an object', '{"max-age-by-tier": {"mega": {}}}', 'max-age-by-tier: expected a text or a number'],
    ['null', '{"price": null}', 'price: expected a text or a number'],
    ['what says yes to one run', '{"replace": true}', 'replace is taken from the command line only'],
    ['another config file', '{"config": "other.json"}', 'a config file names no other'],
    ['the token', `{"token": "${TOKEN}"}`, 'the token does not belong in this file'],
    ['the token, as the variable', `{"JUSTONEAPI_TOKEN": "${TOKEN}"}`, 'the token does not belong in this file'],
    ['a secret that is refused', '{"notify": "s3cret"}', 'notify: expected an http(s) URL, got something else'],
    ['very deep', `{"price": ${'['.repeat(50)}`, 'expected no deeper value'],
  ])('%s', (_, text, message) => {
    const path = writeConfig(temporaryFolder(), text)
    expect(() => readConfig(path)).toThrow(`${path}: `)
    expect(() => readConfig(path)).toThrow(message)
    expect(() => readConfig(path)).not.toThrow(TOKEN)
    expect(() => readConfig(path)).not.toThrow('s3cret')
  })

  test('by every command, before anything is sent or made', async () => {
    const api = await simulator()
    const data = dataWith('{"budjet": 5}')
    const list = writeList(temporaryFolder(), [plainId(1)])
    for (const args of [['run', list, '--api', api.url], ['plan', list], ['replay']]) {
      const line = lineOf(await commandHere([...args, '--data', data], { env }))
      expect(line).toContain(
        `${data}/creator-enrich.json: line 1, column 2: there is no setting "budjet": did you mean budget`,
      )
    }
    expect(api.ledger.summary().calls).toBe(0)
  })

  test('also where a cap could be lost: a link to nothing, a folder, a named file that is missing', async () => {
    const data = dataWith('{}')
    const other = join(temporaryFolder(), 'data')
    mkdirSync(other)
    symlinkSync(join(data, 'gone.json'), join(other, 'creator-enrich.json'))
    expect(lineOf(await commandHere(['status', '--data', other]))).toContain('is a link to a file that is not there')
    expect(lineOf(await commandHere(['status', '--config', join(data, 'gone.json')]))).toContain(
      'gone.json does not exist',
    )
    expect(() => readConfig(data)).toThrow('is not a file')
  })

  test('also where it was lost: a run, `plan` and `doctor` name what it set, until an empty one gives that up', async () => {
    const data = dataWith({ api: 'simulated', 'no-report': true, 'budget-per-day': 0.15 })
    const path = join(data, 'creator-enrich.json')
    const list = writeList(temporaryFolder(), [plainId(1), plainId(2)])
    const here = (...args: string[]) => commandHere([...args, '--data', data])
    const refusal = async (...more: string[]) => {
      const { code, stderr } = await here('run', list, '--api', 'simulated', ...more)
      return [code, stderr.split('\n').at(-2)]
    }
    expect((await here('run', list, '--quiet')).code).toBe(0)
    rmSync(path)
    const gone = `${path} is gone: the last run took api, budget-per-day, no-report from it; nothing was sent: put the file back, or put one with {} in its place`
    expect(await refusal('--budget-per-day', '5')).toEqual([2, expect.stringContaining(gone)])
    expect((await here('plan', list)).stderr).toContain(`a run would stop: ${gone}`)
    const other = writeConfig(temporaryFolder(), { 'max-age': '1d' })
    expect((await here('plan', list, '--config', other)).stderr).not.toContain('would stop')
    const { code, stdout } = await here('doctor', '--api', 'simulated')
    expect([code, stdout]).toEqual([2, expect.stringContaining(`fail  config    ${gone}`)])
    // The archive keeps this, so that a restored backup without the file is refused as well.
    rmSync(join(data, 'state'), { recursive: true })
    expect(await refusal()).toEqual([2, expect.stringContaining(gone)])
    writeConfig(data, {})
    expect((await here('run', list, '--api', 'simulated', '--no-report')).code).toBe(0)
    rmSync(path)
    expect((await here('plan', list)).stderr).not.toContain('would stop')
  })

  test('also where --config is dropped, and with it a cap: until the cap is set, the file is named, or an empty one is', async () => {
    const data = join(temporaryFolder(), 'data')
    const file = writeConfig(temporaryFolder(), { 'no-report': true, 'budget-per-day': 0.15, 'max-calls': 9 })
    const list = writeList(temporaryFolder(), [plainId(1), plainId(2)])
    const here = (...args: string[]) => commandHere([...args, '--data', data])
    const refused = (caps: string) =>
      `no --config: the last run with one took ${caps} from ${file}; nothing was sent: name this file again`
    const go = ['run', list, '--api', 'simulated', '--no-report']
    expect((await here(...go, '--config', file)).code).toBe(0)
    expect(await here(...go)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(refused('max-calls, budget-per-day')) as string,
    })
    expect((await here('plan', list)).stderr).toContain(`a run would stop: ${refused('max-calls, budget-per-day')}`)
    expect((await here('doctor', '--api', 'simulated')).stdout).toMatch(/^warn {2}config .* would stop: no --config/m)
    expect((await here(...go, '--max-calls', '9')).stderr).toContain(refused('budget-per-day'))
    writeConfig(data, { 'budget-per-day': 5 })
    expect((await here(...go, '--max-calls', '9')).code).toBe(0)
    const empty = writeConfig(temporaryFolder(), {})
    expect((await here('plan', list, '--config', empty)).stderr).not.toContain('would stop')
    expect((await here(...go, '--config', empty)).code).toBe(0)
    expect((await here('plan', list)).stderr).not.toContain('would stop')
  })

  test('"data" in the file of a data folder', async () => {
    expect(lineOf(await commandHere(['status', '--data', dataWith({ data: 'other' })]))).toContain(
      '"data" cannot name another one',
    )
  })

  test('bytes that are not UTF-8, and a file that is no config file', () => {
    const path = writeConfig(temporaryFolder(), '{}')
    writeFileSync(path, Buffer.from([0x7b, 0xff, 0x7d]))
    expect(() => readConfig(path)).toThrow('is not UTF-8 text')
    writeFileSync(path, Buffer.alloc(200_000, 0x20))
    expect(() => readConfig(path)).toThrow('200000 bytes, too many')
  })
})

test('what a later step refuses is named with file, line and column, too', async () => {
  const data = dataWith({ json: false, api: 'http://evil.example/' })
  const path = join(data, 'creator-enrich.json')
  const list = writeList(temporaryFolder(), [plainId(1)])
  const last = async (...args: string[]) => (await commandHere([...args, '--data', data], { env })).stderr
  const refused = `${path}: line 3, column 3: api http://evil.example/: evil.example uses plain HTTP`
  expect(await last('run', list)).toContain(`error: ${refused}`)
  expect((await commandHere(['doctor', '--data', data], { env })).stdout).toContain(refused)
  await expect(run({ inputs: list, data, env })).rejects.toThrow(refused)
  writeConfig(data, { api: 'simulated', 'max-age': 'by-tier', maxAgeByTier: { huge: '1d' } })
  expect(await last('run', list)).toContain(
    `error: ${path}: line 4, column 3: max-age-by-tier: there is no tier huge, the pipeline`,
  )
})

test('a log file concerns only the commands that write one; doctor shows one that cannot be written', async () => {
  const folder = temporaryFolder()
  const logFile = join(writeList(folder, [plainId(1)]), 'no-folder.log')
  const data = dataWith({ 'log-file': logFile, 'log-format': 'json', quiet: true, api: 'simulated' })
  for (const command of ['status', 'lists', 'changes', 'costs', 'select']) {
    const { stderr } = await commandHere([command, '--data', data])
    expect(stderr, command).toMatch(/^error: [^{]*(holds nothing|no published file) yet/)
  }
  const refused = `${join(data, 'creator-enrich.json')}: line 2, column 3: log-file ${logFile}: `
  const doctor = await commandHere(['doctor', '--data', data])
  expect([doctor.code, doctor.stderr]).toEqual([7, ''])
  expect(doctor.stdout.split('\n').filter((line) => line.startsWith('fail'))).toEqual([
    expect.stringContaining(`fail  log       ${refused}`),
  ])
  expect((await commandHere(['replay', '--data', data])).stderr).toContain(refused)
  const good = join(folder, 'logs', 'run.log')
  const env = { CREATOR_ENRICH_LOG_FILE: good }
  expect((await commandHere(['doctor', '--data', data], { env })).stdout).toContain(`log       ${good} can be written`)
  await commandHere(['status', '--data', data], { env })
  expect(readdirSync(folder)).toEqual(['creators.csv'])
})

describe('whose file it is', () => {
  test('one that others may write is refused with the remedy', async () => {
    const data = dataWith({ 'max-calls': 1 })
    const path = join(data, 'creator-enrich.json')
    for (const mode of [0o664, 0o646, 0o666]) {
      chmodSync(path, mode)
      expect(() => readConfig(path)).toThrow(`chmod go-w ${path}`)
    }
    expect(lineOf(await commandHere(['status', '--data', data]))).toContain(
      `${path} can be written by others (mode 666)`,
    )
    chmodSync(path, 0o640)
    expect(readConfig(path).values).toEqual({ maxCalls: '1' })
  })

  test.runIf(process.geteuid?.() === 0)(
    'one of another user is refused; commands that only read do without it',
    async () => {
      const data = dataWith({ 'max-calls': 1 })
      const path = join(data, 'creator-enrich.json')
      const list = writeList(temporaryFolder(), [plainId(1)])
      chownSync(path, 12_345, 12_345)
      const run = await commandHere(['run', list, '--data', data, '--api', 'simulated'])
      expect(lineOf(run)).toContain(`${path} belongs to another user (uid 12345)`)
      const read = await commandHere(['lists', '--data', data])
      // Nothing is published there yet.
      expect([read.code, read.stderr]).toEqual([
        2,
        expect.stringContaining(`${path} belongs to another user (uid 12345) and is not used\n`),
      ])
      expect(lineOf(await commandHere(['lists', '--data', data, '--config', path]))).toContain(
        'belongs to another user',
      )
    },
  )

  test('a .env must not name one while the token comes from elsewhere', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, '.env'), `CREATOR_ENRICH_CONFIG=${writeConfig(folder, {})}\n`)
    const ended = await commandHere(['run', writeList(folder, [plainId(1)])], { cwd: folder, env })
    expect(lineOf(ended)).toContain('CREATOR_ENRICH_CONFIG may not stand there while the token comes from')
  })
})

test('doctor says what the file sets, or why it cannot be used, and goes on', async () => {
  const data = dataWith({ api: 'simulated', 'max-age': '1d' })
  const good = await commandHere(['doctor', '--data', data])
  expect(good.stdout).toContain(`config    ${data}/creator-enrich.json sets api, max-age\n`)
  writeConfig(data, '{"max-aeg": "1d"}')
  const bad = await commandHere(['doctor', '--data', data, '--api', 'simulated'])
  expect([bad.code, bad.stderr]).toEqual([2, ''])
  expect(bad.stdout).toMatch(/^fail {2}config {4}.*line 1, column 2.*did you mean max-age.*\n(ok|warn).*folder/m)
})

test('every option with a variable may stand in the file, and docs/ has a schema for editors', async () => {
  const settable = Object.entries<Option<unknown>>(options).filter(
    ([name, { flagOnly }]) => name !== 'config' && !flagOnly,
  )
  expect([...configKeys.values()]).toEqual(settable.map(([name]) => name))
  const schema = z.toJSONSchema(configSchema, { io: 'input' })
  expect(schema.additionalProperties).toBe(false)
  const text = JSON.stringify(schema, null, 2).replace(/\[\s+("string"),\s+("number")\s+\]/g, '[$1, $2]')
  await expect(`${text}\n`).toMatchFileSnapshot('../../docs/creator-enrich.schema.json')
  const page = readFileSync(new URL('../../docs/config-file.md', import.meta.url), 'utf8')
  const [, example] = /```json\n([^`]*)```/.exec(page)!
  expect(Object.keys(readConfig(writeConfig(temporaryFolder(), example!)).values)).toContain('budgetPerDay')
})
