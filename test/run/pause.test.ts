import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serve } from '../fetch/servers.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'

test('a pause of no time is not reported, and a short one not as none', async () => {
  const folder = temporaryFolder()
  const list = writeList(folder, [plainId(1), plainId(2)])
  for (const retryAfter of ['0', '1']) {
    const { base, requests } = await serve((_, __, response) => {
      response.writeHead(503, { 'retry-after': retryAfter }).end('busy')
    })
    const data = join(folder, retryAfter)
    const args = ['--data', data, '--attempts', '2', '--no-report', '--concurrency', '1', '--give-up', '2s']
    const { stderr } = await commandHere(['run', list, '--api', base.href, ...args], {
      env: { JUSTONEAPI_TOKEN: 'canary-token' },
    })
    expect(requests.length).toBeGreaterThan(1)
    expect(stderr).toMatch(/pausing for (?:[1-9]\d* ms|[1-9]\d*\.\d s)\n/)
    expect(stderr).not.toMatch(/pausing for 0/)
  }
})
