import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { forbidOtherFiles, readSelection } from '../../../src/commands/select/selection.js'
import { all, first, openDatabase } from '../../../src/core/duckdb.js'
import { LocalError } from '../../../src/core/errors.js'
import { layoutOf } from '../../../src/dataFolder/layout.js'
import { bringUpToDate } from '../../../src/load/schema/schema.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import { withPublished } from '../../../src/publish/openPublished.js'
import { temporaryFolder } from '../../support/folder.js'

const ROWS = 10_000

/** A published file with every column of every creator filled, not in the order of the ids. */
async function wideFile(folder: string): Promise<string> {
  const path = join(folder, 'creators.duckdb')
  const file = await openDatabase(path, { memoryLimit: '500MB', tempDirectory: folder })
  const { connection } = file
  await bringUpToDate({ connection, path, pipeline: await loadPipeline(undefined) })
  const columns = await all<{ name: string; type: string }>(
    connection,
    `SELECT name, type FROM pragma_table_info('creators') ORDER BY cid`,
  )
  const cells = columns.map(({ name, type }, at) => {
    if (name === 'user_id') return `printf('5f%022x', n * 7919 % ${ROWS})`
    if (type === 'VARCHAR') return `md5((n * ${at + 1})::VARCHAR) || md5(n::VARCHAR)`
    if (type.startsWith('TIMESTAMP')) return `TIMESTAMPTZ '2026-11-01' + to_seconds(n)`
    return `(n * ${at + 1} % 9973)::${type}`
  })
  await connection.run(`INSERT INTO creators SELECT ${cells.join(', ')} FROM range(${ROWS}) AS t(n)`)
  await file.close()
  return path
}

test('all columns, sorted by one: columns of the view and of the wide table are of the same row', async () => {
  const folder = temporaryFolder()
  const path = await wideFile(folder)
  const out = join(folder, 'list.parquet')
  const file = await openDatabase(path, { readOnly: true, memoryLimit: '230MB', tempDirectory: join(folder, 'temp') })
  onTestFinished(() => file.close())
  const { connection } = file
  await forbidOtherFiles(connection, [out])
  const sort = [{ column: 'liked', descending: true }]
  const { count, columns, sql } = await readSelection(connection, {
    ...{ where: 'fans > 10', sort, limit: undefined, columns: ['*'], lists: undefined, mentioned: false },
  })
  await connection.run(`COPY (${sql}) TO '${out}' (FORMAT parquet, ROW_GROUP_SIZE 4096)`)
  expect(columns.length).toBeGreaterThan(130)
  const order = await first(
    connection,
    `SELECT count(*) AS rows, count(*) FILTER (liked > before OR liked = before AND user_id < id_before) AS misplaced
     FROM (SELECT liked, user_id, lag(liked) OVER () AS before, lag(user_id) OVER () AS id_before FROM '${out}')`,
  )
  expect(order).toEqual({ rows: count, misplaced: 0 })
  const compared = await first(
    connection,
    `SELECT (SELECT count(*) FROM creators WHERE fans > 10) AS rows, (SELECT count(*) FROM creators AS c JOIN '${out}' AS p
       ON (p.user_id, p.liked, p.nickname, p.bio, p.fans) = (c.user_id, c.liked, c.nickname, c.bio, c.fans)) AS same`,
  )
  expect(compared).toEqual({ rows: count, same: count })
})

test('a query that does not fit into memory ends in one line, with what to do', async () => {
  const data = temporaryFolder()
  await wideFile(data)
  const tooMuch = withPublished(layoutOf(data), async (connection) => {
    await connection.run("SET memory_limit = '64MB'")
    return connection.run('SELECT list(a.user_id || b.user_id) FROM creators AS a, creators AS b')
  })
  await expect(tooMuch).rejects.toThrow(LocalError)
  await expect(tooMuch).rejects.toThrow(
    /creators\.duckdb is too large to be read with this memory and the space in .*: make room there, .*select fewer columns or rows$/,
  )
})
