import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../../src/commands/run/command.js'
import { bodyFor, runEndText, notify, type RunEnd } from '../../../src/commands/run/webhook.js'
import { options } from '../../../src/config/options.js'
import { resolveSettings } from '../../../src/config/settings.js'
import { redactor } from '../../../src/core/redact.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { enrich, simulator } from '../../support/simulated.js'
import { hook, type HookStatus } from '../../support/webhook.js'

async function warningsOf(url: string, end: RunEnd, limitMs?: number): Promise<string[]> {
  const warnings: string[] = []
  await notify(url, end, {
    log: (level, message) => warnings.push(`${level}: ${message}`),
    redact: redactor(undefined),
    ...(limitMs === undefined ? {} : { limitMs }),
  })
  for (const warning of warnings) expect(warning).not.toContain('secret-path')
  return warnings
}

const FAILED: RunEnd = {
  run_id: '20261122T220537Z-1f3a',
  exit_code: 7,
  error: 'disk full',
  data: '/srv/creators',
  lists: [{ list: 'creators' }],
}

const FAILED_TEXT = 'creator-enrich: creators: exit 7: disk full\nfolder /srv/creators'

test('no posted body contains the token', async () => {
  const { url, bodies } = await hook()
  const end = { ...FAILED, error: 'canary-token.csv does not exist' }
  await notify(url, end, { log: () => undefined, redact: redactor('canary-token') })
  expect(bodies).toEqual([{ ...FAILED, error: '[token].csv does not exist' }])
})

test('the command posts its receipt, also of a parked run, or the error of a run without a receipt; its exit code stays', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1), plainId(2)])
  const { url, bodies } = await hook()
  const api = await simulator({ quota: 1 })
  const args = ['run', list, '--api', api.url, '--data', join(folder, 'data'), '--json']
  const env = { JUSTONEAPI_TOKEN: 'canary-token', CREATOR_ENRICH_NOTIFY: url }
  const parked = await commandHere(args, { env })
  expect(parked.code).toBe(5)
  expect(bodies).toEqual([JSON.parse(parked.stdout)])

  const refused = await commandHere([...args, '--column', 'nowhere'], { env })
  expect(refused.code).toBe(2)
  expect(bodies[1]).toEqual({
    run_id: expect.stringMatching(/^\d{8}T\d{6}Z-/) as string,
    exit_code: 2,
    error: expect.stringContaining('nowhere') as string,
    data: join(folder, 'data'),
    lists: [{ list: 'creators' }],
  })

  const unreachable = await commandHere([...args, '--notify', 'http://127.0.0.1:9/secret-path'], { env })
  expect(unreachable.code).toBe(5)
  expect(unreachable.stderr).toContain('warning: 127.0.0.1:9 could not be notified')
  expect(parked.stderr + refused.stderr + unreachable.stderr).not.toContain('secret-path')
})

test('a webhook that refuses or redirects is a warning that names only its host', async () => {
  const refusing = await hook(500)
  expect(await warningsOf(refusing.url, FAILED)).toEqual([
    `warn: ${new URL(refusing.url).host} did not take the notification: HTTP 500`,
  ])
  expect(refusing.bodies).toHaveLength(3)
  const redirecting = await hook(302)
  const [warning] = await warningsOf(redirecting.url, FAILED)
  expect(warning).toMatch(/could not be notified: unexpected redirect/)
  expect(redirecting.bodies).toHaveLength(1)
})

test.each<[HookStatus]>([[503], [429], ['break']])(
  'after %s the notification is delivered once more',
  async (status) => {
    const { url, bodies } = await hook(status, 200)
    expect(await warningsOf(url, FAILED)).toEqual([])
    expect(bodies).toEqual([FAILED, FAILED])
  },
)

test('404 is not retried', async () => {
  const { url, bodies } = await hook(404, 200)
  expect(await warningsOf(url, FAILED)).toEqual([`warn: ${new URL(url).host} did not take the notification: HTTP 404`])
  expect(bodies).toEqual([FAILED])
})

test.each<[string, HookStatus[]]>([
  ['that hangs', ['hang']],
  ['that fails, then hangs', [503, 'hang']],
  ['whose retry would come too late', ['break', 'break']],
])('a webhook %s costs no more than the limit', async (_, statuses) => {
  const { url, bodies } = await hook(...statuses)
  const limitMs = statuses[0] === 'break' ? 300 : 1500
  const started = performance.now()
  const [warning] = await warningsOf(url, FAILED, limitMs)
  expect(performance.now() - started).toBeLessThan(limitMs + 1000)
  expect(warning).toMatch(/could not be notified: .*(timeout|aborted)/)
  expect(bodies.length).toBe(statuses[0] === 'break' ? 1 : statuses.length)
})

test('a text that is not a URL is refused without being shown', () => {
  expect(() => resolveSettings(runCommand.options, { notify: 'hooks.slack.com/secret' }, [])).toThrow(
    /^--notify: expected an http\(s\) URL, got something else$/,
  )
  expect(options.notify.secret).toBe(true)
})

test('the receipt as a chat message', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1), plainId(2), 'no id'], 'spring.csv')
  const { receipt } = await enrich(list, join(folder, 'data'), await simulator({ quota: 1 }))
  expect(runEndText(receipt)).toMatch(
    /^creator-enrich: spring: exit 5, stopped: .+; to go on: .+\n2 ids: 1 enriched, 1 parked\n2 calls, CNY 0\.15, \d+ s\nlist spring: \+2 −0$/,
  )
  expect(runEndText(FAILED)).toBe(FAILED_TEXT)
})

test.each([
  ['https://hooks.slack.com/services/x', { text: FAILED_TEXT }],
  ['https://open.feishu.cn/open-apis/bot/v2/hook/x', { msg_type: 'text', content: { text: FAILED_TEXT } }],
  ['https://oapi.dingtalk.com/robot/send?access_token=x', { msgtype: 'text', text: { content: FAILED_TEXT } }],
  ['https://example.com/?as=slack.com', FAILED],
])('%s gets a body of its own shape', (url, body) => {
  expect(bodyFor(url, FAILED)).toEqual(body)
})
