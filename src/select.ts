import { writeFile } from 'node:fs/promises'
import { stringify } from 'csv-stringify/sync'
import { all, arrays, blobs, first, literal, quoted, type Connection } from './database.js'
import { messageOf, UsageError } from './errors.js'
import { exportCsv, FORM } from './export/csvFile.js'
import { asText, csvRecord } from './export/csvRecord.js'
import { exportFile } from './export/exportedFile.js'
import { guardFormula } from './export/guardFormula.js'
import type { Layout } from './layout.js'
import { lockDown, notACondition, select as prepare, type Selected, type Selection } from './reading/selection.js'
import { withPublished } from './reading/withPublished.js'
import { isOurPlace } from './run/folderFiles.js'
import { count, table } from './table.js'

export type Format = 'csv' | 'parquet' | 'json' | 'table'

export interface SelectJob {
  readonly layout: Layout
  readonly selection: Selection
  readonly format: Format
  /** Absolute; undefined: to `write`. */
  readonly out: string | undefined
  readonly bom: boolean
  readonly write: (text: string | Uint8Array) => void
  /** Of the terminal. */
  readonly columns: number
}

/**
 * Writes a list of creators from the published file.
 * @returns how many
 * @throws UsageError for what was typed; nothing is written then
 */
export async function select(job: SelectJob): Promise<number> {
  const { layout, selection, out } = job
  if (out !== undefined && (out === layout.database || isOurPlace(out, layout))) {
    throw new UsageError(`--out ${out} is where creator-enrich keeps its own files; choose another place`)
  }
  return withPublished(
    layout,
    async (connection) => {
      await lockDown(connection, out === undefined ? [] : [`${out}.part`])
      const selected = await prepare(connection, selection)
      try {
        return await writers[job.format](connection, selected, job)
      } catch (error) {
        // What can only be known when it runs: a text that is no number, for one.
        if (/^(Conversion|Invalid Input|Out of Range|Binder|Permission) Error/.test(messageOf(error)))
          throw notACondition(messageOf(error))
        throw error
      }
    },
    MEMORY,
  )
}

/** Rows that DuckDB holds at once while it writes Parquet. */
const ROW_GROUP = 4_096
/** To sort a million creators in the columns of the view; more than the other readers need. */
const MEMORY = '1GB'

type Write = (connection: Connection, selected: Selected, job: SelectJob) => Promise<number>

const writers: Record<Format, Write> = { csv: writeCsv, parquet: writeParquet, json: writeJson, table: writeTable }

async function writeCsv(connection: Connection, { columns, sql }: Selected, job: SelectJob): Promise<number> {
  const records = blobs(connection, `SELECT ${csvRecord(columns.map((name) => asText(quoted(name))))} FROM (${sql})`)
  if (job.out !== undefined) return (await exportCsv(job.out, { header: columns, records, bom: job.bom })).rows
  job.write(stringify([columns.map(guardFormula)], FORM))
  let rows = 0
  for await (const some of records) {
    rows += some.length
    job.write(Buffer.concat(some))
  }
  return rows
}

async function writeParquet(connection: Connection, { sql }: Selected, { out }: SelectJob): Promise<number> {
  const file = await exportFile(out!, async (temporary) => {
    await connection.run(
      `COPY (${sql}) TO ${literal(temporary)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP}, USE_TMP_FILE false)`,
    )
    return (await first<{ rows: number }>(connection, `SELECT count(*) AS rows FROM (${sql})`))!.rows
  })
  return file.rows
}

async function writeJson(connection: Connection, { columns, sql }: Selected, job: SelectJob): Promise<number> {
  const fields = columns.map((name) => `${quoted(name)} := ${quoted(name)}`)
  const objects = arrays(connection, `SELECT CAST(to_json(struct_pack(${fields.join(', ')})) AS VARCHAR) FROM (${sql})`)
  const pieces: string[] = []
  let rows = 0
  for await (const some of objects) {
    const piece = some.map(([object], at) => `${rows + at === 0 ? '[\n' : ',\n'}${String(object)}`).join('')
    rows += some.length
    if (job.out === undefined) job.write(piece)
    else pieces.push(piece)
  }
  const end = rows === 0 ? '[]\n' : '\n]\n'
  if (job.out === undefined) job.write(end)
  else await writeText(job.out, [...pieces, end])
  return rows
}

async function writeTable(connection: Connection, { columns, sql }: Selected, job: SelectJob): Promise<number> {
  const types = await all<{ column_type: string }>(connection, `DESCRIBE ${sql}`)
  const numeric = types.map(({ column_type: type }) => /^(BIGINT|INTEGER|DOUBLE)$/.test(type))
  const rows: string[][] = []
  const cells = columns.map((name, at) => {
    if (types[at]!.column_type === 'DOUBLE') return `round(${quoted(name)}, 3)::VARCHAR`
    return numeric[at] ? quoted(name) : asText(quoted(name))
  })
  for await (const some of arrays(connection, `SELECT ${cells.join(', ')} FROM (${sql})`)) {
    for (const row of some)
      rows.push(
        row.map((cell) => (typeof cell === 'number' || typeof cell === 'bigint' ? count(cell) : String(cell ?? '–'))),
      )
  }
  const header = columns.map((title, at) => ({ title, right: numeric[at]!, cut: title !== 'user_id' && !numeric[at] }))
  const text = table(header, rows, job.columns)
  if (job.out === undefined) job.write(text)
  else await writeText(job.out, [text])
  return rows.length
}

async function writeText(path: string, pieces: readonly string[]): Promise<void> {
  await exportFile(path, async (temporary) => {
    await writeFile(temporary, pieces)
    return 0
  })
}
