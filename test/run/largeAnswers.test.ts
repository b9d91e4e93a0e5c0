import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { cli } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId } from '../support/lists.js'
import { published } from '../support/published.js'

const EXAMPLE = new URL('../flatten/cases/documented-example/input.json', import.meta.url)
const [LARGE, MANY] = ['5fa', '5fb']
const id = (prefix: string, n: number) => prefix + String(n).padStart(24 - prefix.length, '0')

/** An API whose profiles have a nickname of 10 MB, or an unknown block of 170 kB, by the first digits of the id. */
async function startApi(): Promise<string> {
  const { data: example } = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as { data: object }
  const large = (userid: string): object => {
    if (userid.startsWith(LARGE)) return { nickname: '名'.repeat(3_400_000) }
    return userid.startsWith(MANY) ? { unknown_block: `${userid} 中文`.repeat(5_000) } : {}
  }
  const server = createServer((request, response) => {
    const userid = /userId=([0-9a-f]+)/.exec(request.url!)![1]!
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
    const { code, stderr } = await cli([...args, '--data', data], { env: { JUSTONEAPI_TOKEN: 'x' } })
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
