import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { liveEffects } from '../../src/core/effects.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import type { Receipt } from '../../src/model/receipt.js'
import type { OpenRun } from '../../src/run/openRun.js'
import { tidyRaw } from '../../src/run/tidyRaw.js'
import { temporaryFolder } from '../support/folder.js'

test('where raw/ cannot be tidied up, the closing line has a name for it', async () => {
  const layout = layoutOf(temporaryFolder())
  mkdirSync(layout.raw)
  writeFileSync(join(layout.raw, 'manifest.json'), '{')
  const logged: unknown[] = []
  const effects = liveEffects((...record) => void logged.push(record))
  const run = { settings: {}, layout, header: { startedAt: 0 }, effects } as unknown as OpenRun
  await tidyRaw(run, { exit_code: 0 } as Receipt, undefined)
  expect(logged).toEqual([
    ['warn', expect.stringContaining('was not tidied up: damaged: ') as string, 'raw_not_tidied'],
  ])
})
