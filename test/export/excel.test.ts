import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forgetCommand } from '../../src/commands/forget/command.js'
import { forget } from '../../src/commands/forget/forget.js'
import { replayCommand } from '../../src/commands/replay/command.js'
import { replay } from '../../src/commands/replay/replay.js'
import { summary } from '../../src/commands/run/summary.js'
import { resolveSettings } from '../../src/config/options.js'
import { liveEffects } from '../../src/core/effects.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, simulator } from '../support/simulated.js'
import { readSheet, readSheets, unzipped } from './readWorkbook.js'

test('after --excel once, a folder always has a workbook of the published data', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const path = join(data, 'exports', 'creators.xlsx')
  const ids = [1, 2, 3, 4].map(plainId)
  const api = await simulator()
  const { receipt } = await enrich(writeList(folder, ids.slice(0, 3)), data, api, '--excel')
  expect(receipt.files.exports).toContain(path)
  const own = join(data, 'exports', 'creators.enriched.xlsx')
  expect(receipt.files.exports).toContain(own)
  expect(
    readSheet(own)[0]!
      .slice(0, 5)
      .map(({ value }) => value),
  ).toEqual(['user_id', 'enrich_status', 'enrich_reason', 'as_of', 'nickname'])
  expect(summary(receipt, 'Asia/Shanghai')).toContain(`\n           ${path}\n`)
  const sheet = readSheets(path).get('all')!
  const fans = sheet[0]!.find(({ value }) => value === 'fans')!.place.replace('1', '')
  const rows = sheet.slice(1).map((row) => [row[0]!.value, row.find(({ place }) => place.startsWith(fans))!.value])
  const known = await published(data, 'SELECT user_id, fans FROM creators ORDER BY user_id')
  expect(rows).toEqual(known.map(({ user_id, fans }) => [user_id, fans]))

  const idsOf = () => {
    const [overview, every] = ['overview', 'all'].map((name) => readSheets(path).get(name)!.slice(1))
    expect(overview!.map((row) => row.at(-1)!.value).sort()).toEqual(every!.map(([id]) => id!.value))
    return every!.map(([id]) => id!.value)
  }
  const overview = readSheet(path)
  const shown = overview[0]!.map(({ value }) => value)
  expect(shown.slice(0, 6)).toEqual(['nickname', 'fans', 'tier', 'fans_change_1d', 'fans_change_7d', 'fans_change_30d'])
  const meanings = new Map(
    readSheets(path)
      .get('dictionary')!
      .map(([name, meaning]) => [name!.value, meaning?.value]),
  )
  for (const { value } of [...overview[0]!, ...sheet[0]!])
    expect(String(meanings.get(value)), String(value)).toMatch(/\w{3}/)
  await enrich(writeList(folder, ids), data, api)
  expect(idsOf()).toEqual(ids)

  const [pipeline, effects] = [await loadPipeline(undefined), liveEffects(() => undefined)]
  const settings = resolveSettings(forgetCommand.options, { data }, [])
  expect((await forget([ids[1]!], settings, pipeline, effects)).files!.exports).toContain(path)
  expect(idsOf()).toEqual(ids.filter((id) => id !== ids[1]))
  const texts = [...unzipped(own).values()].join()
  expect([texts.includes(ids[1]!), texts.includes(ids[2]!)]).toEqual([false, true])
  const replayed = await replay(resolveSettings(replayCommand.options, { data, excel: true }, []), pipeline, effects)
  expect(replayed.files!.exports).toContain(path)
})
