import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { pipeline } from '../../../../pipelines/default.js'
import { quotedText, quotedName } from '../../../../src/core/duckdb.js'
import { openWorking, type WorkingDatabase, type DatedAnswer } from './open.js'

/**
 * A case is a folder: `answers.json`, rows of tables (`lists.csv` …), and in `expected/` the rows of the views in the columns
 * that matter, worked out by hand; README.md says how. Rows are in the order of their columns.
 */
const folder = fileURLToPath(new URL('cases', import.meta.url))

type Row = Record<string, unknown>

function read<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as T
}

/** The rows of a view in these columns; times as text. */
async function shown({ rows }: WorkingDatabase, view: string, columns: readonly string[]): Promise<Row[]> {
  const types = await rows(`DESCRIBE ${quotedName(view)}`)
  const cells = columns.map((name) => {
    const type = types.find(({ column_name }) => column_name === name)?.['column_type']
    return type === 'TIMESTAMP' ? `CAST(${quotedName(name)} AS VARCHAR) AS ${quotedName(name)}` : quotedName(name)
  })
  return rows(`SELECT ${cells.join(', ')} FROM ${quotedName(view)} ORDER BY ALL`)
}

/** Each day is a run of its own. */
function byDay(answers: readonly DatedAnswer[]): ReadonlyMap<string, readonly DatedAnswer[]> {
  const days = [...new Set(answers.map(({ at }) => at.slice(0, 10)))]
  return new Map(days.map((day) => [day, answers.filter(({ at }) => at.startsWith(day))]))
}

function inOrder(rows: readonly Row[]): Row[] {
  const text = (row: Row) => Object.values(row).map((cell) => JSON.stringify(cell))
  return [...rows].sort((a, b) => (text(a).join() < text(b).join() ? -1 : 1))
}

test.each(readdirSync(folder))('%s', async (name) => {
  const working = await openWorking(pipeline)
  const files = readdirSync(join(folder, name))
  if (existsSync(join(folder, name, 'answers.json')))
    for (const [day, answers] of byDay(read<DatedAnswer[]>(name, 'answers.json'))) await working.load(day, answers)
  for (const file of files.filter((each) => each.endsWith('.csv'))) {
    const rows = `read_csv(${quotedText(join(folder, name, file))}, header = true, all_varchar = true)`
    await working.rows(`INSERT INTO ${quotedName(basename(file, '.csv'))} BY NAME SELECT * FROM ${rows}`)
  }
  for (const file of readdirSync(join(folder, name, 'expected'))) {
    const expected = read<Row[]>(name, 'expected', file)
    const view = basename(file, '.json')
    const found = await shown(working, view, Object.keys(expected[0] ?? { user_id: '' }))
    expect(inOrder(found), view).toEqual(inOrder(expected))
  }
})
