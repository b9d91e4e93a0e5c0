import { writeFile } from 'node:fs/promises'
import { arrays, type Connection } from '../../core/duckdb.js'
import { csvRecords } from '../../export/csvFile.js'
import { plainText, timeText } from '../../export/csvRecord.js'
import { exportFile } from '../../export/exportedFile.js'
import { writeOut } from '../../terminal/print.js'
import { BILLED_CALLS } from './listBilledCalls.js'

export interface WriteBilledCalls {
  readonly format: 'csv' | 'json'
  /** An absolute path; undefined: stdout. */
  readonly out: string | undefined
  /** Start a CSV file with a byte order mark. */
  readonly bom: boolean
}

const ORDERED = `FROM ${BILLED_CALLS.name} ORDER BY day, run_id, sent_at, seq`

const COLUMNS = Object.entries(BILLED_CALLS.columns).map(([name, type]) => {
  return { name, text: type === 'TIMESTAMPTZ' ? timeText(name) : plainText(name), isTime: type === 'TIMESTAMPTZ' }
})

/** Writes the rows of the TEMP table `billed_calls`, in the order of their calls. */
export async function writeBilledCalls(connection: Connection, to: WriteBilledCalls): Promise<void> {
  const { format, out, bom } = to
  const pieces = format === 'csv' ? csvPieces(connection, bom && out !== undefined) : jsonPieces(connection)
  if (out === undefined) {
    for await (const piece of pieces) writeOut(piece)
    return
  }
  await exportFile(out, async (temporary) => {
    await writeFile(temporary, pieces)
    return 0
  })
}

async function* csvPieces(connection: Connection, bom: boolean): AsyncGenerator<string> {
  yield (bom ? '\uFEFF' : '') + csvRecords([COLUMNS.map(({ name }) => name)])
  const rows = arrays(connection, `SELECT ${COLUMNS.map(({ text }) => text).join(', ')} ${ORDERED}`)
  for await (const some of rows) yield csvRecords(some as (string | null)[][])
}

async function* jsonPieces(connection: Connection): AsyncGenerator<string> {
  const fields = COLUMNS.map(({ name, text, isTime }) => `${name} := ${isTime ? text : name}`)
  let lines = 0
  for await (const some of arrays(
    connection,
    `SELECT to_json(struct_pack(${fields.join(', ')}))::VARCHAR ${ORDERED}`,
  )) {
    yield some.map(([line], at) => `${lines + at === 0 ? '[\n' : ',\n'}${String(line)}`).join('')
    lines += some.length
  }
  yield lines === 0 ? '[]\n' : '\n]\n'
}
