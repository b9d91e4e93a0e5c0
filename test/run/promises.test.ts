import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, enrichAsUser, receiptOf, refused, runHere, simulator, startRun, TOKEN } from '../support/simulated.js'

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Every form in which the token could have been written. */
const FORMS = [
  TOKEN,
  encodeURIComponent(TOKEN),
  encodeURI(TOKEN),
  Buffer.from(TOKEN).toString('base64').replaceAll('=', ''),
]

test('the token is in no file, output or error, even at the lowest log level and when the server echoes it', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const outputs: string[] = []
  const debug = ['--log-level', 'debug']
  const runs = {
    answers: ['0a01', 'c0de0101', 'c0de0400', 'fa170070', 'fa170028', 'fa170001', 'fa170006', 'fa170036', 'fa170037'],
    redirect: ['fa170026'],
  }
  for (const [name, marks] of Object.entries(runs)) {
    const ids = marks.map((mark) => `5f${'0'.repeat(22 - mark.length)}${mark}`)
    const list = writeList(folder, ids, `${name}.csv`)
    const api = await simulator({ echoToken: true })
    const run = name === 'answers' ? enrichAsUser : enrich
    const ended = await run(list, data, api, ...debug, '--attempts', '2', '--max-failed', '100%')
    expect(ended.receipt.calls.sent).toBeGreaterThanOrEqual(marks.length)
    outputs.push(JSON.stringify(ended))
    await api.close()
    const unreachable = await enrich(list, data, api, ...debug, '--give-up', '50ms', '--max-age', '0s')
    expect(unreachable.code).toBe(6)
    outputs.push(JSON.stringify(unreachable))
  }
  const api = await simulator({ echoToken: true, tokens: ['another'] })
  const stopped = await runHere([writeList(folder, [plainId(1)], 'refused.csv')], data, api, ...debug)
  expect(receiptOf(stopped).stop?.message).toContain('[token]')
  outputs.push(stopped.stdout, stopped.stderr)

  for (const form of FORMS) {
    expect(outputs.filter((text) => text.includes(form))).toEqual([])
    expect(everyFile(folder).filter((file) => readFileSync(file).includes(form))).toEqual([])
  }
  expect(await published(data, `SELECT count(*) AS n FROM failures WHERE message LIKE '%[token]%'`)).not.toEqual([
    { n: 0 },
  ])
})

test('a token in a mistyped flag or address is not repeated', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1)])
  for (const flags of [[`--token=${TOKEN}`], ['--api', `https://user:${TOKEN}@host/?token=${TOKEN}`]]) {
    for (const env of [{ JUSTONEAPI_TOKEN: TOKEN }, {}]) {
      const { code, stdout, stderr } = await commandHere(['run', list, ...flags], { env, cwd: folder })
      expect(code).toBe(2)
      for (const form of FORMS) expect(stdout + stderr).not.toContain(form)
    }
  }
})

test('a token with a blank, a line break or a letter outside ASCII is refused without being printed', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1)])
  for (const token of ['secret word', 'secret\nword', 'secrét']) {
    const ended = await commandHere(['run', list, '--api', 'http://127.0.0.1:9', '--data', join(folder, 'data')], {
      env: { JUSTONEAPI_TOKEN: token },
    })
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('JUSTONEAPI_TOKEN: the token holds a blank')
    expect(ended.stderr + ended.stdout).not.toContain('secr')
  }
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

test('without a token nothing is sent: exit 2, and the error names what to do', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1)])
  const api = await simulator()
  const { code, stderr, stdout } = await commandHere(['run', list, '--api', api.url, '--data', data])
  expect(code).toBe(2)
  expect(stderr).toMatch(/JUSTONEAPI_TOKEN.*make demo/)
  expect(
    stderr
      .trim()
      .split('\n')
      .filter((line) => line.startsWith('error:')),
  ).toHaveLength(1)
  expect(stdout).toBe('')
  expect(api.ledger.summary().calls).toBe(0)

  await enrich(list, data, api)
  const fresh = await commandHere(['run', list, '--api', api.url, '--data', data])
  expect(fresh.code).toBe(0)
})

test('the published file opens read-only while a run is writing, and holds the last finished run', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1), plainId(2)])
  const gate: { open?: () => void } = {}
  const closed = new Promise<undefined>((resolve) => (gate.open = () => resolve(undefined)))
  let hold = false
  let waiting = 0
  const api = await simulator({
    before: () => {
      if (!hold) return undefined
      waiting += 1
      return closed
    },
  })
  await enrich(list, data, api)
  const link = join(data, 'creators.duckdb')
  expect(lstatSync(link).isSymbolicLink()).toBe(true)
  expect(statSync(link).mode & 0o222).toBe(0)

  hold = true
  const { ended } = startRun([writeList(folder, [plainId(3)], 'more.csv')], data, api)
  while (waiting === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await published(data, 'SELECT count(*) AS n FROM creators')).toEqual([{ n: 2 }])
  expect((await refused(enrich(list, data, api))).code).toBe(8)
  gate.open?.()
  expect((await ended).code).toBe(0)
  expect(await published(data, 'SELECT count(*) AS n FROM creators')).toEqual([{ n: 3 }])
})

test('a folder is simulated or real from its first run', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1)])
  const demo = await commandHere(['run', list, '--api', 'simulated', '--data', data])
  expect(demo.code).toBe(0)
  expect(demo.stdout).toContain('SIMULATED')
  const api = await simulator()
  const real = await refused(enrich(list, data, api, '--max-age', '0s'))
  expect(real.code).toBe(2)
  expect(real.stderr).toContain(data)
  expect(api.ledger.summary().calls).toBe(0)
})
