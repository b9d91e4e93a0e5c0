import { all, type Connection, type Parameters } from '../core/duckdb.js'
import { ensureTempTable, fillTempTable } from '../core/tempTable.js'
import type { MissingCodes } from '../model/missing.js'
import { STATUSES, type Counts, type ParkReason, type ReasonCount, type RowStatus } from '../model/receipt.js'
import { RUN_ENDS, SETTLED_LISTS, UNFINISHED } from '../model/tempTables.js'
import { readListChanges } from './listChanges.js'
import { findDeparted } from './sql/formerMembers.sql.js'
import {
  countRead,
  countSettled,
  dropSettleInputs,
  ofThisRun,
  replaceMembers,
  replaceRejects,
  settleIds,
  upsertLists,
} from './sql/settle.sql.js'

/** One input of this run. */
export interface ListInput {
  readonly name: string
  readonly source: string
  /** The header, in input order. */
  readonly columns: readonly string[]
  readonly idColumn: string
  /** Refresh it with `run --tracked` from now on; false leaves the mark of the list as it is. */
  readonly track: boolean
}

export interface SettleOptions {
  readonly runId: string
  /** When the lists were read, milliseconds since 1970. */
  readonly readAt: number
  readonly lists: readonly ListInput[]
  /** Ids whose calls had begun when the run stopped, without a conclusion. */
  readonly unfinished: ReadonlySet<string>
  /** Why these ids, and due ids without a call, are parked; absent when the run came to its end. */
  readonly parkReason?: ParkReason
  /** Gives the reason of ids that are empty because the endpoint does not have them. */
  readonly missing?: MissingCodes | undefined
}

/** `read` is counted from the input rows, the statuses from the stored rows: they must add up. */
export interface SettledCounts {
  readonly rows: Counts
  readonly ids: Counts
  /** By status, then most rows first; statuses without a reason are left out. */
  readonly reasons: readonly ReasonCount[]
}

export interface SettledList extends SettledCounts {
  readonly list: string
  /** How many ids the list has gained and lost. */
  readonly added: number
  readonly removed: number
}

export interface Settled extends SettledCounts {
  /** In the order of `SettleOptions.lists`. */
  readonly lists: readonly SettledList[]
}

interface CountRow {
  readonly list: string | null
  readonly status: RowStatus
  readonly reason: string | null
  readonly rows: number
  readonly ids: number
}

type ReadRow = Omit<CountRow, 'status' | 'reason'>

/**
 * Gives every row of the TEMP table `members` its status in this run, and stores lists, their rows and their rejects. To be
 * done in one transaction with the row of the run. The TEMP table `planned` must exist, and the calls of the run must be
 * loaded over the same connection. Leaves the TEMP table `departed`.
 */
export async function settle(connection: Connection, options: SettleOptions): Promise<Settled> {
  const run = options.runId
  await fillInputs(connection, options)
  await connection.run(settleIds(options.missing), { run, park: options.parkReason ?? null })
  const changes = await readListChanges(
    connection,
    options.lists.map(({ name }) => name),
  )
  await connection.run(findDeparted(ofThisRun('list')))
  await runAll(connection, replaceMembers, { run })
  await runAll(connection, replaceRejects, { run })
  await connection.run(upsertLists.replaceAll('$at', '$at::TIMESTAMPTZ'), {
    at: new Date(options.readAt).toISOString(),
    run,
  })
  const read = await all<ReadRow>(connection, countRead)
  const settled = await all<CountRow>(connection, countSettled)
  await runAll(connection, dropSettleInputs)
  const lists = changes.map(({ list, added, removed }): SettledList => {
    return { list, added, removed, ...countsOf(list, read, settled) }
  })
  return { ...countsOf(null, read, settled), lists }
}

async function fillInputs(connection: Connection, { lists, unfinished }: SettleOptions): Promise<void> {
  // A run that loaded no call has no such table.
  await connection.run(ensureTempTable(RUN_ENDS))
  const ids = [...unfinished].map((user_id) => ({ user_id }))
  await fillTempTable(connection, UNFINISHED, ids)
  const given = lists.map(({ name, source, columns, idColumn, track }) => {
    return { list: name, source, columns: JSON.stringify(columns), id_column: idColumn, track }
  })
  await fillTempTable(connection, SETTLED_LISTS, given)
}

/** Gives each statement the parameters that it names: DuckDB refuses others. */
async function runAll(
  connection: Connection,
  statements: readonly string[],
  parameters: Parameters = {},
): Promise<void> {
  for (const statement of statements) {
    const named = Object.entries(parameters).filter(([name]) => statement.includes(`$${name}`))
    await connection.run(statement, Object.fromEntries(named))
  }
}

function countsOf(list: string | null, read: readonly ReadRow[], settled: readonly CountRow[]): SettledCounts {
  const rows = zeroes()
  const ids = zeroes()
  const own = settled.filter((count) => count.list === list)
  for (const count of own) {
    rows[count.status] += count.rows
    ids[count.status] += count.ids
  }
  const total = read.find((count) => count.list === list)
  rows.read = total?.rows ?? 0
  ids.read = total?.ids ?? 0
  const reasons = own.flatMap((count) => {
    const { status, reason } = count
    return reason === null ? [] : [{ status, reason, rows: count.rows, ids: count.ids }]
  })
  return { rows, ids, reasons }
}

function zeroes(): Record<RowStatus | 'read', number> {
  return Object.fromEntries(['read', ...STATUSES].map((key) => [key, 0])) as Record<RowStatus | 'read', number>
}
