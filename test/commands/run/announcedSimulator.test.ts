import { justOneApi } from '../../../pipelines/justOneApi.js'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Receipt } from '../../../src/model/receipt.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { simulator } from '../../support/simulated.js'
import { withAnnouncement } from '../../../src/commands/run/announcedSimulator.js'
import { resolveApi } from '../../../src/config/api.js'
import { resolveSettings } from '../../../src/config/settings.js'

const apiAt = (api: string, proxied = false) =>
  resolveApi(
    { ...resolveSettings(['api', 'timeout'], {}, []), api, allowPlainHttp: true },
    justOneApi,
    proxied
      ? () => ({ url: new URL('http://127.0.0.1:9'), shown: 'proxy', variable: 'HTTP_PROXY' }) as never
      : undefined,
  )

test('a simulator on this machine that says so costs nothing, and needs no token', async () => {
  const api = await simulator({ announces: true })
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1)])
  const ended = await commandHere([
    'run',
    list,
    '--api',
    api.url,
    '--data',
    join(folder, 'data'),
    '--no-report',
    '--json',
  ])
  expect(ended).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`simulated API at 127.0.0.1:${api.port}`) as string,
  })
  expect(JSON.parse(ended.stdout) as Receipt).toMatchObject({ simulated: true })
  expect(api.ledger.summary()).toMatchObject({ calls: 1, charged: 1 })
})

test('only a server on this machine, without a proxy, is believed', async () => {
  const [announced, silent] = [await simulator({ announces: true }), await simulator()]
  expect((await withAnnouncement(apiAt(announced.url))).simulated).toBe(true)
  expect((await withAnnouncement(apiAt(announced.url, true))).simulated).toBe(false)
  expect((await withAnnouncement(apiAt(silent.url))).simulated).toBe(false)
  expect((await withAnnouncement(apiAt('http://127.0.0.1:9'))).simulated).toBe(false)
  expect((await withAnnouncement(apiAt(`http://0.0.0.0:${announced.port}`))).simulated).toBe(false)
})
