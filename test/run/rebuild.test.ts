import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { takeLock } from '../../src/dataFolder/lock.js'
import { answerReader } from '../../src/flatten/compile.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { rebuildWarehouse } from '../../src/run/rebuild.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, simulator } from '../support/simulated.js'

test('a run can be left out, also when its calls are in raw/ already', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1), plainId(2)])
  const api = await simulator()
  await enrich(list, data, api)
  const { receipt } = await enrich(list, data, api, '--max-age', '0s')

  const lock = await takeLock(layoutOf(data))
  onTestFinished(() => lock.release())
  const place = { lock, reader: answerReader(await loadPipeline(undefined)) }
  expect(await rebuildWarehouse(place)).toMatchObject({ answers: 4 })
  // Its receipt is in raw/ too, and says that answers are missing now.
  expect(await rebuildWarehouse(place, { without: receipt.run_id, lossy: true })).toMatchObject({ answers: 2 })
})
