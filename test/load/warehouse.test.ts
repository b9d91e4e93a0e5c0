import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { all } from '../../src/core/duckdb.js'
import { LocalError, UsageError } from '../../src/core/errors.js'
import { layoutOf } from '../../src/dataFolder/layout.js'
import { checkKind, claimKind } from '../../src/load/schema/schema.js'
import { asLocalError, withWarehouse } from '../../src/load/warehouse.js'
import { attribute, counter, volatile } from '../../src/model/column.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { startChild } from '../support/child.js'
import { temporaryFolder } from '../support/folder.js'
import { openWarehouse } from '../support/warehouse.js'
import { opened } from './opened.js'
import { people, source } from './people.js'

const COLUMNS = `
SELECT table_name, column_name, data_type AS type, comment AS description FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal ORDER BY ALL`

test('every table and column has a comment, and is in the data dictionary', async () => {
  const { rows } = await opened()
  const columns = await rows(COLUMNS)
  expect(columns.filter(({ description }) => !description)).toEqual([])
  expect(
    await rows(`SELECT table_name FROM duckdb_tables() WHERE comment IS NULL AND NOT temporary AND NOT internal
                UNION ALL SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal`),
  ).toEqual([])
  expect(await rows('SELECT * EXCLUDE (source_path) FROM data_dictionary ORDER BY ALL')).toEqual(columns)
  expect([...new Set(columns.map(({ table_name }) => table_name))]).toEqual([
    'ambiguous_calls',
    'anomalies',
    'answers_without_profile',
    'changes',
    'creator_candidates',
    'creator_changes',
    'creator_counters',
    'creator_days',
    'creator_growth_daily',
    'creator_lists',
    'creator_overview',
    'creator_recent',
    'creator_versions',
    'creators',
    'data_dictionary',
    'data_folder',
    'failures',
    'former_members',
    'list_costs',
    'list_daily',
    'list_members',
    'list_monthly',
    'list_overlap',
    'list_overview',
    'list_rows',
    'lists',
    'person_tags',
    'rejects',
    'resolved_ids',
    'run_codes',
    'runs',
    'schema_drift',
    'spend_daily',
    'spending',
    'tier_daily',
    'top_movers',
  ])
  expect(
    await rows(`SELECT * FROM data_dictionary WHERE column_name IN ('fans', 'icon', 'status')
                AND table_name NOT IN ('creator_days', 'creator_recent', 'top_movers', 'changes', 'tier_daily')
                AND table_name NOT IN (SELECT view_name FROM duckdb_views() WHERE view_name LIKE '%list%') ORDER BY ALL`),
  ).toMatchObject([
    { table_name: 'creator_counters', column_name: 'fans', type: 'BIGINT', source_path: 'fans', description: 'Fans.' },
    { table_name: 'creator_growth_daily', column_name: 'fans', type: 'BIGINT', source_path: null },
    { table_name: 'creator_overview', column_name: 'fans', type: 'BIGINT', source_path: null },
    { table_name: 'creator_overview', column_name: 'status', type: 'VARCHAR', source_path: null },
    { table_name: 'creators', column_name: 'fans', source_path: 'fans' },
    { table_name: 'creators', column_name: 'status', source_path: null },
    { table_name: 'list_members', column_name: 'status', source_path: null },
    { table_name: 'person_tags', column_name: 'icon', source_path: 'tags[].icon' },
    { table_name: 'runs', column_name: 'status', source_path: null },
  ])
})

test('no column has a reserved word as its name', async () => {
  const { rows } = await opened()
  const reserved = (
    await rows(`SELECT keyword_name AS word FROM duckdb_keywords() WHERE keyword_category = 'reserved'`)
  ).map(({ word }) => word)
  const names = (await rows('SELECT DISTINCT column_name AS name FROM data_dictionary')).map(({ name }) => name)
  expect(reserved).toContain('select')
  expect(names.filter((name) => reserved.includes(name))).toEqual([])
})

test('opening an up-to-date database writes nothing', async () => {
  const { layout, lock, warehouse } = await opened()
  await warehouse.close()
  const before = readFileSync(layout.warehouse)
  const again = await openWarehouse(lock, people)
  await again.close()
  await again.close()
  expect(readFileSync(layout.warehouse).equals(before)).toBe(true)
  expect(existsSync(`${layout.warehouse}.wal`)).toBe(false)
})

test('spilled files of a killed run are removed', async () => {
  const layout = layoutOf(temporaryFolder())
  mkdirSync(layout.temp, { recursive: true })
  writeFileSync(join(layout.temp, 'duckdb_temp_storage_DEFAULT-0.tmp'), 'rest')
  await opened(layout)
  expect(existsSync(layout.temp)).toBe(false)
})

test('a data folder belongs to one pipeline', async () => {
  const { layout, lock, warehouse } = await opened()
  await warehouse.close()
  const open = openWarehouse(lock, { ...people, name: 'others' })
  await expect(open).rejects.toThrow(UsageError)
  await expect(open).rejects.toThrow(`${layout.warehouse} belongs to the pipeline people, not to others`)
})

test('a data folder is simulated or real from its first call', async () => {
  const { layout, rows, warehouse } = await opened()
  const { connection } = warehouse
  await checkKind(connection, layout.data, true)
  await checkKind(connection, layout.data, false)
  expect(await rows('SELECT simulated FROM data_folder')).toEqual([{ simulated: null }])
  await claimKind(connection, layout.data, true)
  await claimKind(connection, layout.data, true)
  expect(await rows('SELECT simulated FROM data_folder')).toEqual([{ simulated: true }])
  for (const refuse of [checkKind, claimKind]) {
    const refused = refuse(connection, layout.data, false)
    await expect(refused).rejects.toThrow(UsageError)
    await expect(refused).rejects.toThrow(`${layout.data} holds simulated data, and real data do not belong there`)
  }
})

function extended(): Pipeline {
  const [tags] = people.children
  return {
    ...people,
    version: 2,
    columns: {
      ...people.columns,
      fans: { ...people.columns['fans']!, description: 'Fans, said better.' },
      comments: counter('comments', 'Comments.'),
      banner: volatile.text('banner', 'A picture.'),
    },
    children: [{ ...tags!, columns: { ...tags!.columns, color: volatile.text('color', 'Its color.') } }],
  }
}

test('new counters and volatile columns are added to tables with rows', async () => {
  const { lock, warehouse, load, layout } = await opened()
  await load(source('r1', [{ id: 'u1', at: 1, answer: { name: 'a', fans: 1, tags: [{ name: 'x', icon: '' }] } }]))
  await warehouse.close()
  const reopened = await opened(layout, extended(), lock)
  expect(await reopened.rows('SELECT name, fans, comments, banner, status FROM creators')).toEqual([
    { name: 'a', fans: 1, comments: null, banner: null, status: 'active' },
  ])
  expect(await reopened.rows('SELECT fans, comments FROM creator_counters')).toEqual([{ fans: 1, comments: null }])
  expect(await reopened.rows('SELECT name, color FROM person_tags')).toEqual([{ name: 'x', color: null }])
  expect(
    await reopened.rows(`SELECT table_name, column_name, description FROM data_dictionary
                         WHERE column_name IN ('comments', 'color') OR (table_name, column_name) = ('creators', 'fans')
                         ORDER BY ALL`),
  ).toEqual([
    { table_name: 'creator_counters', column_name: 'comments', description: 'Comments.' },
    { table_name: 'creators', column_name: 'comments', description: 'Comments.' },
    { table_name: 'creators', column_name: 'fans', description: 'Fans, said better.' },
    { table_name: 'person_tags', column_name: 'color', description: 'Its color.' },
  ])
  expect(await reopened.rows('SELECT pipeline_version FROM data_folder')).toEqual([{ pipeline_version: 2 }])
  await reopened.load(
    source('r2', [{ id: 'u1', at: 2, answer: { name: 'a', fans: 2, tags: [{ name: 'x', icon: '' }] } }]),
  )
  expect(await reopened.rows('SELECT count(*) AS n FROM creator_versions')).toEqual([{ n: 1 }])
})

test('other attributes are refused once there are versions: each creator would get a false change', async () => {
  const { layout, lock, warehouse } = await opened()
  const other: Pipeline = { ...people, columns: { ...people.columns, city: attribute.text('city', 'City.') } }
  await warehouse.close()
  const grown = await openWarehouse(lock, other)
  await grown.close()

  const again = await opened(layout, other, lock)
  await again.load(source('r1', [{ id: 'u1', at: 1, answer: { name: 'a' } }]))
  await again.warehouse.close()
  const before = readFileSync(layout.warehouse)
  const open = openWarehouse(lock, people)
  await expect(open).rejects.toThrow(LocalError)
  await expect(open).rejects.toThrow(`${layout.warehouse}: the definition of city has changed`)
  expect(readFileSync(layout.warehouse).equals(before)).toBe(true)
})

/** All that a database is without its rows. */
const CATALOG = `
SELECT 'table' AS kind, table_name AS name, comment, NULL AS detail FROM duckdb_tables() WHERE NOT internal
UNION ALL SELECT 'view', view_name, comment, sql FROM duckdb_views() WHERE NOT internal
UNION ALL SELECT 'constraint', table_name, NULL, constraint_text FROM duckdb_constraints()
UNION ALL SELECT 'column', concat(table_name, '.', column_name), comment,
  concat_ws(' ', column_index, data_type, is_nullable, column_default) FROM duckdb_columns() WHERE NOT internal
ORDER BY ALL`

test('a new database takes over the tables of another one only if they are as they would be made', async () => {
  const { layout, lock, warehouse } = await opened()
  await warehouse.close()
  const newlyMade = (name: string, like?: string) => {
    const place = { lock, pipeline: people, path: join(layout.state, name), ...(like === undefined ? {} : { like }) }
    return withWarehouse(place, async ({ connection }) => {
      return [await all(connection, CATALOG), await all(connection, 'SELECT * FROM data_folder')]
    })
  }
  const made = await newlyMade('made')
  expect(made[0]!.length).toBeGreaterThan(200)
  expect(await newlyMade('alike', layout.warehouse)).toEqual(made)
  const marked = await openWarehouse(lock, people)
  await marked.connection.run(`COMMENT ON TABLE creators IS 'taken over'`)
  await marked.close()
  expect((await newlyMade('marked', layout.warehouse))[0]).toContainEqual(
    expect.objectContaining({ kind: 'table', name: 'creators', comment: 'taken over' }),
  )

  for (const pipeline of [extended(), people]) {
    const grown = await openWarehouse(lock, pipeline)
    await grown.close()
    expect(await newlyMade(`after-${pipeline.version}`, layout.warehouse)).toEqual(made)
  }
  writeFileSync(layout.warehouse, 'no database')
  expect(await newlyMade('unreadable', layout.warehouse)).toEqual(made)
})

/** DuckDB's checksum of the header's first block. */
function checksum(block: Buffer): bigint {
  let sum = 5381n
  for (let at = 8; at < block.length; at += 8) {
    sum ^= BigInt.asUintN(64, block.readBigUInt64LE(at) * 0xbf58476d1ce4e5b9n)
  }
  return sum
}

function fromTheFuture(file: Buffer): Buffer {
  const changed = Buffer.from(file)
  changed.writeBigUInt64LE(168n, 12)
  changed.writeBigUInt64LE(checksum(changed.subarray(0, 4096)), 0)
  return changed
}

const damages: Record<string, [spoil: (file: Buffer) => Buffer, message: string]> = {
  'a damaged header': [(file) => file.fill(0xff, 4100, 4140), 'is damaged (IO Error: Corrupt database file'],
  'a file cut short': [(file) => file.subarray(0, 9000), 'is damaged (IO Error: Could not read enough bytes'],
  'an empty file': [() => Buffer.alloc(0), 'is damaged (IO Error: The file'],
  'a file of another kind': [() => Buffer.from('user_id,name\n'.repeat(900)), 'is damaged (IO Error: The file'],
  'a newer DuckDB': [
    fromTheFuture,
    'was written by a newer DuckDB (IO Error: Trying to read a database file with version number 168',
  ],
}

test.each(Object.entries(damages))(
  '%s: the error names the file, which stays unchanged',
  async (_, [spoil, message]) => {
    const { layout, lock, warehouse } = await opened()
    await warehouse.close()
    const spoiled = spoil(readFileSync(layout.warehouse))
    writeFileSync(layout.warehouse, spoiled)
    const open = openWarehouse(lock, people)
    await expect(open).rejects.toThrow(LocalError)
    await expect(open).rejects.toThrow(`${layout.warehouse} ${message}`)
    expect(readFileSync(layout.warehouse).equals(spoiled)).toBe(true)
  },
)

test('a database of a newer creator-enrich is left alone', async () => {
  const { layout, lock, warehouse } = await opened()
  await warehouse.connection.run('UPDATE data_folder SET schema_version = 99')
  await warehouse.close()
  const open = openWarehouse(lock, people)
  await expect(open).rejects.toThrow(LocalError)
  await expect(open).rejects.toThrow(`${layout.warehouse} was made by a newer creator-enrich (schema 99`)
})

test('the error for a working database that another program holds names it', async () => {
  const { layout, lock, warehouse } = await opened()
  await warehouse.close()
  const analyst = startChild('analyst.mjs', layout.warehouse)
  await analyst.line()
  const open = openWarehouse(lock, people)
  await expect(open).rejects.toThrow(LocalError)
  await expect(open).rejects.toThrow(`${layout.warehouse} is held by another program (PID ${analyst.process.pid})`)
})

test.each([
  'TransactionContext Error: Failed to commit: Could not write file "/srv/state/warehouse.duckdb.wal": File too large',
  'TransactionContext Error: Failed to commit: Could not write file "/srv/state/warehouse.duckdb.wal": Input/output error',
])('a commit that the disk refuses is local trouble, not a bug: %s', (message) => {
  const error = asLocalError(new Error(message), '/srv/state/warehouse.duckdb')
  expect(error).toBeInstanceOf(LocalError)
  expect((error as LocalError).message).toContain(message)
})

test("Node's error about a file is a LocalError, not a bug", () => {
  const failed = Object.assign(new Error(`EIO: i/o error, rm '/srv/state/temp'`), {
    code: 'EIO',
    syscall: 'rm',
    path: '/srv/state/temp',
  })
  const error = asLocalError(failed, '/srv/state/warehouse.duckdb')
  expect(error).toBeInstanceOf(LocalError)
  expect((error as LocalError).message).toContain(`EIO: i/o error, rm '/srv/state/temp'; check this disk`)
  const bug = new TypeError('no such thing')
  expect(asLocalError(bug, '/srv/state/warehouse.duckdb')).toBe(bug)
})
