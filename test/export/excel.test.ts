import { join } from 'node:path'
import { expect, test } from 'vitest'
import { forgetCommand } from '../../src/commands/forget/command.js'
import { forget } from '../../src/commands/forget/forget.js'
import { replayCommand } from '../../src/commands/replay/command.js'
import { replay } from '../../src/commands/replay/replay.js'
import { summary } from '../../src/commands/run/summary.js'
import { resolveSettings } from '../../src/config/settings.js'
import { liveEffects } from '../../src/core/effects.js'
import { candidatesText, creatorsText } from '../../src/export/text/creatorsText.js'
import { overviewText } from '../../src/export/text/overviewText.js'
import { pipelineTables } from '../../src/load/schema/pipelineTables.js'
import { creatorCandidates } from '../../src/load/schema/views/creatorCandidates.js'
import { creatorOverview } from '../../src/load/schema/views/creatorOverview.js'
import type { ColumnWords } from '../../src/model/language.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { enrich, simulator } from '../support/simulated.js'
import { linksOf, readSheet, readSheets, unzipped, type CellRead } from './readWorkbook.js'

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
  const replayed = await replay(
    resolveSettings(replayCommand.options, { data, excel: true, lang: 'zh' }, []),
    pipeline,
    effects,
  )
  expect(replayed.files!.exports).toContain(path)

  const [chinese, ofList] = [readSheets(path), readSheets(own)]
  expect([...chinese.keys(), ...ofList.keys()]).toEqual(['概览', '全部字段', '字段说明', '名单', '字段说明'])
  const textOf = (row: readonly CellRead[]) => row.map(({ value }) => String(value))
  expect(textOf(chinese.get('概览')![0]!)).toEqual(
    expect.arrayContaining(['昵称', '粉丝', '量级', '获赞与收藏', '用户ID']),
  )
  expect(textOf(ofList.get('名单')![0]!).slice(0, 5)).toEqual(['user_id', '补全状态', '原因', '数据日期', '昵称'])
  expect(textOf(ofList.get('名单')![1]!).slice(0, 2)).toEqual([ids[0], '沿用'])
  expect(textOf(chinese.get('概览')![1]!).join()).toMatch(/素人|尾部|腰部|头部/)
  const [titles, ...explained] = chinese.get('字段说明')!.map(textOf)
  expect(titles).toEqual(['列名', '含义', '来源', '单位', '工作表', '字段名（表和 CSV）'])
  expect(explained.filter(([title, meaning]) => ![title, meaning].every((text) => /\p{sc=Han}/u.test(text!)))).toEqual(
    [],
  )
  expect(linksOf(path).size).toBe(3)
})

test('each column of the sheets has a Chinese title of its own and a Chinese meaning', async () => {
  const pipeline = await loadPipeline(undefined)
  const tables: readonly [readonly { name: string }[], ColumnWords][] = [
    [creatorOverview(pipeline).columns, overviewText.zh],
    [creatorCandidates(pipeline).columns, candidatesText.zh],
    [
      pipelineTables(pipeline).find(({ name }) => name === 'creators')!.columns,
      { ...creatorsText.zh, ...pipeline.words!.zh!.columns },
    ],
  ]
  for (const [columns, words] of tables) {
    const texts = columns.map(({ name }) => words[name] ?? [name, name])
    expect(texts.filter((each) => !each.every((text) => /\p{sc=Han}/u.test(text)))).toEqual([])
    expect(new Set(texts.map(([title]) => title)).size).toBe(columns.length)
  }
})
