import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { checkReplay } from '../support/replayed.js'
import { enrichAt, simulator } from '../support/simulated.js'
import { filesBelow } from './sandbox.js'
import { LONG } from './size.js'

vi.setConfig({ testTimeout: 14_400_000 })

/** `NIGHTS=1000` takes five times as long. */
const NIGHTS = Number(process.env['NIGHTS'] ?? 200)
const IDS = Array.from({ length: 5 }, (_, n) => plainId(n + 1))
const at = (night: number): number => Date.UTC(2026, 0, 1, 18) + night * 86_400_000

interface Sizes {
  readonly night: number
  readonly rawFiles: number
  readonly raw: number
  readonly state: number
  readonly published: number
}

function sizesOf(data: string, night: number): Sizes {
  const bytes = (folder: string): number =>
    filesBelow(join(data, folder)).reduce((sum, path) => sum + statSync(path).size, 0)
  const rawFiles = filesBelow(join(data, 'raw')).length
  return { night, rawFiles, raw: bytes('raw'), state: bytes('state'), published: bytes('published') }
}

test('raw/ and published/ are bounded, and state/ is flat, over many nights with --keep-raw and --keep-history', async ({
  skip,
}) => {
  if (!LONG) skip('runs only in the long form (make soak)')
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, IDS)
  const sizes: Sizes[] = []
  for (let night = 0; night < NIGHTS; night += 1) {
    api.change({ night })
    const keep = ['--keep-raw', '30d', '--keep-history', '60d']
    expect((await enrichAt(() => at(night), list, data, api, ...keep)).code).toBe(0)
    if (night % 10 !== 9) continue
    sizes.push(sizesOf(data, night + 1))
    console.log(JSON.stringify(sizes.at(-1)))
  }
  // From the hundredth night on a folder holds what it holds then, and a receipt a night.
  const [early, late] = [sizes.find(({ night }) => night >= NIGHTS / 2)!, sizes.at(-1)!]
  const nights = late.night - early.night
  expect(late.raw).toBeLessThan(early.raw * 1.1 + nights * 3000)
  expect(late.rawFiles).toBeLessThan(early.rawFiles + 31 * 2 + nights / 30)
  expect(late.state).toBeLessThan(early.state * 1.1)
  expect(late.published).toBeLessThan(early.published * 1.1)
  // Tonight, the sixty nights before, and each creator's last one before the kept history.
  expect(await published(data, 'SELECT count(*) AS n FROM creator_counters')).toEqual([{ n: 62 * IDS.length }])
  expect(await checkReplay(data)).toEqual([])
})
