import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId } from '../support/lists.js'
import { published } from '../support/published.js'

const EXAMPLE = new URL('../flatten/cases/documented-example/input.json', import.meta.url)
const [LARGE, MANY, TOO_LARGE] = ['5fa', '5fb', '5fc']
const id = (prefix: string, n: number) => prefix + String(n).padStart(24 - prefix.length, '0')

/** An API whose profiles have a nickname of 10 MB, an unknown block of 170 kB, or 1,100,000 tags, by the first digits of the id. */
async function startApi(asked: string[] = []): Promise<string> {
  const { data: example } = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as { data: object }
  const large = (userid: string): object => {
    if (userid.startsWith(LARGE)) return { nickname: '名'.repeat(3_400_000) }
    if (userid.startsWith(TOO_LARGE)) return { tags: Array.from({ length: 1_100_000 }, () => 1) }
    return userid.startsWith(MANY) ? { unknown_block: `${userid} 中文`.repeat(5_000) } : {}
  }
  const server = createServer((request, response) => {
    const userid = /userId=([0-9a-f]+)/.exec(request.url!)![1]!
    asked.push(userid)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ code: 0, data: { ...example, userid, ...large(userid) } }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('large answers are loaded and published; then another list, replay and forget work', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await startApi()
  const command = async (...args: string[]) => {
    const { code, stderr } = await commandHere([...args, '--data', data], { env: { JUSTONEAPI_TOKEN: 'x' } })
    expect(code, stderr).toBe(0)
  }
  const enrich = async (name: string, ids: readonly string[]) => {
    writeFileSync(join(folder, name), `user_id\n${ids.join('\n')}\n`)
    await command('run', join(folder, name), '--api', api, '--no-report')
  }
  const many = Array.from({ length: 100 }, (_, n) => id(MANY, n))
  await enrich('large.csv', [plainId(1), plainId(2), id(LARGE, 1), id(LARGE, 2), ...many])
  expect(await published(data, "SELECT count(*) AS n FROM creators WHERE status = 'active'")).toEqual([{ n: 104 }])
  await enrich('other.csv', [plainId(2), plainId(3)])
  await command('replay', '--check')
  await command('forget', plainId(1))
  expect(await published(data, 'SELECT count(*) AS n FROM creators')).toEqual([{ n: 104 }])
}, 300_000)

test('an answer with too many values is one failed id, kept and fetched again by age; every command goes on', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const asked: string[] = []
  const api = await startApi(asked)
  const [first, second] = [id(TOO_LARGE, 1), id(TOO_LARGE, 2)]
  const others = Array.from({ length: 5 }, (_, n) => plainId(n + 1))
  const command = async (...args: string[]) => {
    const { code, stderr } = await commandHere([...args, '--data', data], { env: { JUSTONEAPI_TOKEN: 'x' } })
    expect(code, stderr).toBe(0)
    return stderr
  }
  const list = join(folder, 'list.csv')
  writeFileSync(list, `user_id\n${[first, second, ...others].join('\n')}\n`)
  const run = (...args: string[]) => command('run', list, '--api', api, '--no-report', ...args)
  expect(await run()).toContain('2 answers too large to load: kept in raw/')
  const failed = { status: 'failed', reason: 'too_large_to_load', n: 2 }
  const reasons = 'SELECT status, reason, count(*) AS n FROM list_members GROUP BY ALL ORDER BY n'
  expect(await published(data, reasons)).toEqual([failed, { status: 'enriched', reason: null, n: 5 }])
  expect(await published(data, 'SELECT code, count(*) AS n FROM failures GROUP BY ALL')).toEqual([
    { code: 'too_large_to_load', n: 2 },
  ])
  expect(await published(data, "SELECT detail FROM anomalies WHERE kind = 'too_large_to_load' LIMIT 1")).toEqual([
    { detail: expect.stringMatching(/^an answer of \d+ bytes has more than 1000000 values$/) as string },
  ])
  asked.length = 0
  await run()
  expect(asked).toEqual([])
  expect(await published(data, reasons)).toEqual([failed, { status: 'reused', reason: null, n: 5 }])
  await run('--max-age', '0s')
  expect(asked.sort()).toEqual([first, second, ...others].sort())
  await command('replay', '--check')
  await command('select')
  await command('forget', first)
  await command('replay', '--check')
  expect(await published(data, `SELECT count(*) AS n FROM failures WHERE user_id = '${second}'`)).toEqual([{ n: 2 }])
}, 300_000)
