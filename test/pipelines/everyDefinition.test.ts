import { describe, expect, test } from 'vitest'
import { answerReader } from '../../src/flatten/compile.js'
import { all, openDatabase } from '../../src/core/duckdb.js'
import { pipelineTables } from '../../src/load/schema/pipelineTables.js'
import { attribute } from '../../src/model/column.js'
import { codesOf, loadPipeline, type Column } from '../../src/model/pipeline.js'
import { edgeCasesOf, idsOf, pipelineNames } from './pipelines.js'

/** `noteSign.userId` is `note_sign_user_id`. */
function snakeCase(path: string): string {
  const words = path.replace(/\[\w+=(\w+)\]/g, '.$1').replace(/([a-z0-9])([A-Z])/g, '$1_$2')
  return words.replaceAll('.', '_').toLowerCase()
}

const RENAMED: Readonly<Record<string, string>> = {
  ...{ userid: 'user_id', idstr: 'user_id', desc: 'bio', description: 'bio' },
  'weibo-user-profile profile_url': 'profile_path',
}

/** Words of the keys whose capitals do not say where they begin. */
const UNCLEAR: Readonly<Record<string, string>> = { liveGMV: 'live_gmv' }

test('each pipeline has cases for the tests of runs', () => {
  expect(Object.keys(edgeCasesOf).sort()).toEqual(pipelineNames)
})

test('each pipeline has a short name of its own, which names a table without quotes', async () => {
  const pipelines = await Promise.all(pipelineNames.map(loadPipeline))
  const names = pipelines.map(({ shortName }) => shortName)
  expect(new Set(names).size).toBe(pipelineNames.length)
  for (const name of names) expect(name).toMatch(/^[a-z]+$/)
})

describe.each(pipelineNames)('%s', async (name) => {
  const pipeline = await loadPipeline(name)
  const { plain } = idsOf[name]!
  const columns = Object.entries(pipeline.columns)
  const every: [string, Column][] = [...columns, ...pipeline.children.flatMap((child) => Object.entries(child.columns))]

  test('its columns are named after their paths', () => {
    for (const [column, { path }] of columns)
      if (path !== undefined)
        expect(column).toBe(RENAMED[path] ?? RENAMED[`${name} ${path}`] ?? UNCLEAR[path] ?? snakeCase(path))
  })

  test('its columns have a description of one line, and either a path or a function', () => {
    for (const [column, { description, path, derive, kind }] of every) {
      expect(description, column).toMatch(/^[^\n]{2,160}[.)]$/)
      expect((path === undefined) !== (derive === undefined), column).toBe(true)
      expect(kind === 'derived', column).toBe(derive !== undefined)
    }
  })

  test('its names need no quotes in SQL', async () => {
    const database = await openDatabase(':memory:')
    try {
      const sql = "SELECT keyword_name AS word FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
      const reserved = new Set((await all<{ word: string }>(database.connection, sql)).map(({ word }) => word))
      for (const [column] of every) expect(column).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(every.filter(([column]) => reserved.has(column))).toEqual([])
    } finally {
      await database.close()
    }
  })

  test('an invented person conforms to it, the same each time', async () => {
    const answers = await pipeline.simulatedAnswers()
    const reader = answerReader(pipeline)
    for (let n = 1; n <= 50; n += 1) {
      const data = answers.data(plain(n), n % 4)
      expect(data).toEqual(answers.data(plain(n), n % 4))
      const profile = pipeline.profile(data, plain(n))
      const read = profile.kind === 'profile' ? reader.flatten(profile.value, plain(n)) : undefined
      expect(read).toMatchObject({ drift: [], anomalies: [], extra: null })
    }
  })

  test('in Chinese, each column has a title and a meaning', () => {
    const words = pipeline.words!.zh!.columns!
    expect(Object.keys(words).sort()).toEqual(columns.map(([column]) => column).sort())
    for (const [title, meaning] of Object.values(words)) {
      expect(title).toMatch(/\p{Script=Han}|^[A-Z]+$/u)
      expect(meaning).toMatch(/。$/)
    }
  })

  test('what is missing has a reason, and each code Chinese words', () => {
    const codes = Object.values(codesOf(pipeline))
    expect(codes.filter(({ zh }) => !zh)).toEqual([])
    expect(codes.some(({ kind }) => kind === 'missing')).toBe(pipeline.missingReason !== undefined)
  })

  test('two names that differ only in case are refused, with both and their paths', () => {
    const twins = { ...pipeline.columns, Tier: attribute.text('tierOfTheApp', 'A tier.') }
    expect(() => pipelineTables({ ...pipeline, columns: twins })).toThrow(
      `columns tier (ours) and Tier (tierOfTheApp) of creators have one name for DuckDB`,
    )
  })
})
