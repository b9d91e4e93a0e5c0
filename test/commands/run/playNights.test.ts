import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DAY_MS, dayIn } from '../../../src/core/time.js'
import { commandHere } from '../../support/commandHere.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { published } from '../../support/published.js'

test('plays nights with a history once, and refuses what cannot be played', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1), plainId(2)])
  const args = ['run', list, '--data', data, '--no-report', '--nights', '2']
  const real = await commandHere([...args, '--api', 'http://127.0.0.1:9'], { env: { JUSTONEAPI_TOKEN: 'token' } })
  expect(real).toMatchObject({ code: 2, stderr: expect.stringContaining('add --api simulated') as string })
  const stdin = await commandHere(['run', '-', '--list', 'a', '--data', data, '--nights', '2', '--api', 'simulated'])
  expect(stdin).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be - (stdin)') as string })
  const piped = ['run', '/dev/fd/3', '--list', 'a', '--data', data, '--nights', '2', '--api', 'simulated']
  expect(await commandHere(piped)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot be /dev/fd/3') as string,
  })

  const yesterday = () => dayIn('Asia/Shanghai', Date.now() - DAY_MS)
  const before = yesterday()
  const played = await commandHere([...args, '--api', 'simulated', '--json'])
  expect(played).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{[^\n]*\}\n$/) as string })
  // The day is that of the tables, in the zone of the pipeline.
  const [, night] = /^night 1 of 2, played as on (\S+)$/m.exec(played.stderr)!
  expect([before, yesterday()]).toContain(night)
  const nights = `SELECT count(DISTINCT observed_day)::INTEGER AS days, count(*)::INTEGER AS rows FROM creator_days`
  expect(await published(data, nights)).toEqual([{ days: 2, rows: 4 }])
  expect((await commandHere([...args, '--api', 'simulated'])).stdout).toContain('none: every id is known')
  expect(await published(data, nights)).toEqual([{ days: 2, rows: 4 }])
})
