import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bodyFor, runEndText, notify, type RunEnd } from '../../../src/commands/run/webhook.js'
import { options, resolveSettings } from '../../../src/config/options.js'
import { redactor } from '../../../src/core/redact.js'
import { cli } from '../../support/cli.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { enrich, simulator } from '../../support/simulated.js'

/** A server that keeps what is posted to it; `status` is what it says. */
async function hook(status = 200): Promise<{ url: string; bodies: unknown[] }> {
  const bodies: unknown[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (part: string) => (text += part))
    request.on('end', () => {
      bodies.push(JSON.parse(text))
      response.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {}).end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/secret-path`, bodies }
}

async function warningsOf(url: string, told: RunEnd): Promise<string[]> {
  const warnings: string[] = []
  await notify(url, told, {
    log: (level, message) => warnings.push(`${level}: ${message}`),
    redact: redactor(undefined),
  })
  return warnings
}

test('the token is in nothing that is posted', async () => {
  const { url, bodies } = await hook()
  const told = { exit_code: 2, error: 'canary-token.csv does not exist' }
  await notify(url, told, { log: () => undefined, redact: redactor('canary-token') })
  expect(bodies).toEqual([{ exit_code: 2, error: '[token].csv does not exist' }])
})

const FAILED: RunEnd = { exit_code: 7, error: 'disk full' }

test('the command posts its receipt, also of a run that was parked or came to none; its exit code stands', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1), plainId(2)])
  const { url, bodies } = await hook()
  const api = await simulator({ quota: 1 })
  const args = ['run', list, '--api', api.url, '--data', join(folder, 'data'), '--json']
  const env = { JUSTONEAPI_TOKEN: 'canary-token', CREATOR_ENRICH_NOTIFY: url }
  const parked = await cli(args, { env })
  expect(parked.code).toBe(5)
  expect(bodies).toEqual([JSON.parse(parked.stdout)])

  const refused = await cli([...args, '--column', 'nowhere'], { env })
  expect(refused.code).toBe(2)
  expect(bodies[1]).toEqual({ exit_code: 2, error: expect.stringContaining('nowhere') as string })

  const unheard = await cli([...args, '--notify', 'http://127.0.0.1:9/secret-path'], { env })
  expect(unheard.code).toBe(5)
  expect(unheard.stderr).toContain('warning: 127.0.0.1:9 could not be notified')
  expect(parked.stderr + refused.stderr + unheard.stderr).not.toContain('secret-path')
})

test('a hook that refuses or redirects is a warning that names its host only', async () => {
  const refusing = await hook(500)
  expect(await warningsOf(refusing.url, FAILED)).toEqual([
    `warn: ${new URL(refusing.url).host} did not take the notification: HTTP 500`,
  ])
  const [warning] = await warningsOf((await hook(302)).url, FAILED)
  expect(warning).toMatch(/could not be notified: unexpected redirect/)
  expect(warning).not.toContain('secret-path')
})

test('what is no URL is refused without being shown', () => {
  expect(() => resolveSettings('run', { notify: 'hooks.slack.com/secret' }, [])).toThrow(
    /^--notify: expected an http\(s\) URL, got something else$/,
  )
  expect(options.notify.secret).toBe(true)
})

test('in words, for people in a chat', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1), plainId(2), 'no id'], 'spring.csv')
  const { receipt } = await enrich(list, join(folder, 'data'), await simulator({ quota: 1 }))
  expect(runEndText(receipt)).toMatch(
    /^creator-enrich: spring: exit 5, stopped: .+; to go on: .+\n2 ids: 1 enriched, 1 parked\n2 calls, CNY 0\.15, \d+ s$/,
  )
  expect(runEndText(FAILED)).toBe('creator-enrich: exit 7: disk full')
})

test.each([
  ['https://hooks.slack.com/services/x', { text: 'creator-enrich: exit 7: disk full' }],
  [
    'https://open.feishu.cn/open-apis/bot/v2/hook/x',
    { msg_type: 'text', content: { text: 'creator-enrich: exit 7: disk full' } },
  ],
  [
    'https://oapi.dingtalk.com/robot/send?access_token=x',
    { msgtype: 'text', text: { content: 'creator-enrich: exit 7: disk full' } },
  ],
  ['https://example.com/?as=slack.com', FAILED],
])('%s gets its own shape', (url, body) => {
  expect(bodyFor(url, FAILED)).toEqual(body)
})
