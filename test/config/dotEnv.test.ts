import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Ended } from '../support/cli.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { startProxy } from '../support/proxy.js'
import { simulator, TOKEN } from '../support/simulated.js'

/** A folder with a list and this `.env`. */
function folderWith(...lines: string[]): string {
  const folder = temporaryFolder()
  writeList(folder, [plainId(1)])
  writeFileSync(join(folder, '.env'), `${lines.join('\n')}\n`)
  return folder
}

function runIn(cwd: string, env: Record<string, string>, ...args: string[]): Promise<Ended> {
  return commandHere(['run', 'creators.csv', '--no-report', '--json', ...args], { cwd, env })
}

const OUTSIDE = { JUSTONEAPI_TOKEN: TOKEN }
const refusal = (name: string, source: string) =>
  new RegExp(
    `^error: /.*/\\.env: ${name} may (stand there only as|not stand there) .*while the token comes from ${source}.*\\n$`,
  )

test.each([
  ['CREATOR_ENRICH_API', 'https://elsewhere.test'],
  ['CREATOR_ENRICH_API', 'http://127.0.0.1:9'],
  ['CREATOR_ENRICH_ALLOW_PLAIN_HTTP', 'true'],
  ['CREATOR_ENRICH_TOKEN_FILE', 'token.txt'],
  ['CREATOR_ENRICH_NOTIFY', 'https://elsewhere.test/s3cret'],
  ['CREATOR_ENRICH_LOG_FILE', 'run.log'],
  ['HTTPS_PROXY', 'http://u:s3cret@elsewhere.test:1'],
  ['http_proxy', 'elsewhere.test:1'],
  ['ALL_PROXY', 'http://elsewhere.test:1'],
  ['no_proxy', '*'],
])('%s=%s in .env is exit 2 while the token comes from outside', async (name, value) => {
  const folder = folderWith(`${name}=${value}`)
  const before = readdirSync(folder)
  const { code, stdout, stderr } = await runIn(folder, OUTSIDE)
  expect([code, stdout]).toEqual([2, ''])
  const source = name.endsWith('TOKEN_FILE') ? 'a token file' : 'the environment'
  expect(stderr).toMatch(refusal(name, source))
  expect(stderr).not.toContain('s3cret')
  expect(readdirSync(folder)).toEqual(before)
})

test('it is the same with --token-file, and where .env holds another token', async () => {
  const folder = folderWith('JUSTONEAPI_TOKEN=another-token', 'CREATOR_ENRICH_LOG_FILE=run.log')
  writeFileSync(join(folder, 'token.txt'), TOKEN)
  const file = await runIn(folder, {}, '--token-file', 'token.txt')
  expect([file.code, file.stderr]).toEqual([
    2,
    expect.stringMatching(refusal('CREATOR_ENRICH_LOG_FILE', 'a token file')),
  ])
  const both = await runIn(folder, OUTSIDE)
  expect([both.code, both.stderr]).toEqual([
    2,
    expect.stringMatching(refusal('CREATOR_ENRICH_LOG_FILE', 'the environment')),
  ])
  expect(existsSync(join(folder, 'run.log'))).toBe(false)
})

test('a command that sends nothing reads past a proxy in .env; doctor does not', async () => {
  const folder = folderWith('HTTPS_PROXY=http://elsewhere.test:1')
  for (const args of [['status'], ['lists', 'creators.csv']]) {
    expect((await commandHere(args, { cwd: folder, env: OUTSIDE })).stderr).not.toContain('.env')
  }
  const doctor = await commandHere(['doctor'], { cwd: folder, env: OUTSIDE })
  expect([doctor.code, doctor.stderr]).toEqual([2, expect.stringMatching(refusal('HTTPS_PROXY', 'the environment'))])
})

test('a simulated run reads past a proxy in .env, but writes no log file that .env names', async () => {
  const simulated = await runIn(folderWith('HTTPS_PROXY=http://elsewhere.test:1'), OUTSIDE, '--api', 'simulated')
  expect(simulated.code, simulated.stderr).toBe(0)
  const logged = await runIn(folderWith('CREATOR_ENRICH_LOG_FILE=run.log'), OUTSIDE, '--api', 'simulated')
  expect([logged.code, logged.stderr]).toEqual([
    2,
    expect.stringMatching(refusal('CREATOR_ENRICH_LOG_FILE', 'the environment')),
  ])
})

test('a token file that .env names is refused without a token elsewhere, and beside a token in .env', async () => {
  for (const lines of [[], [`JUSTONEAPI_TOKEN=${TOKEN}`]]) {
    const { code, stderr } = await runIn(folderWith(...lines, 'CREATOR_ENRICH_TOKEN_FILE=token.txt'), {})
    expect([code, stderr]).toEqual([2, expect.stringMatching(refusal('CREATOR_ENRICH_TOKEN_FILE', 'a token file'))])
  }
})

test('names of hosts, other options and empty variables may stand there', async () => {
  const api = await simulator()
  const folder = folderWith(
    'CREATOR_ENRICH_API=global',
    'CREATOR_ENRICH_CONCURRENCY=2',
    'CREATOR_ENRICH_NOTIFY=',
    'HTTPS_PROXY=',
  )
  mkdirSync(join(folder, 'data'))
  const { code, stderr } = await runIn(folder, OUTSIDE, '--api', api.url)
  expect(code, stderr).toBe(0)
  const china = await runIn(folderWith('CREATOR_ENRICH_API=cn'), OUTSIDE)
  expect([china.code, china.stderr]).toEqual([2, expect.stringContaining('add --allow-plain-http')])
})

test('a .env with the token itself sets everything, and the run says where its calls go', async () => {
  const api = await simulator()
  const proxy = await startProxy(Number(new URL(api.url).port))
  const folder = folderWith(
    `JUSTONEAPI_TOKEN=${TOKEN}`,
    'CREATOR_ENRICH_API=http://api.example.test',
    'CREATOR_ENRICH_ALLOW_PLAIN_HTTP=true',
    'CREATOR_ENRICH_LOG_FILE=run.log',
    `HTTP_PROXY=http://127.0.0.1:${proxy.port}`,
  )
  const { code, stderr } = await runIn(folder, {})
  expect(code, stderr).toBe(0)
  expect(stderr).toContain(
    'calls go to api.example.test, not to api.justoneapi.com, through the proxy http://127.0.0.1:',
  )
  expect(existsSync(join(folder, 'run.log'))).toBe(true)
})
