import type { Settings } from '../config/settings.js'
import { all, first, type Connection } from '../core/duckdb.js'
import { fillTempTable, sqlColumns } from '../core/tempTable.js'
import type { Pipeline } from '../model/pipeline.js'
import type { RowStatus } from '../model/receipt.js'
import type { Resolvable, Resolver } from '../model/resolver.js'
import { MEMBERS, RESOLVED } from '../model/tempTables.js'
import { FORGOTTEN_ID } from '../privacy/hideRow.js'

/** What became of an input: its id, or why it has none. */
export type ResolvedInput = Pick<Resolvable, 'kind' | 'input'> &
  (
    | { readonly id: string }
    | { readonly reason: string; readonly status?: Extract<RowStatus, 'failed' | 'parked'> | undefined }
  )

const member = sqlColumns(MEMBERS)
const resolved = sqlColumns(RESOLVED, 'r')

/**
 * Gives the rows of the TEMP table `members` the ids that earlier runs found for their links and names. A row whose input
 * leads to nobody gets that as its reason.
 */
export async function applyKnown(connection: Connection, pipeline: Pick<Pipeline, 'resolvers'>): Promise<void> {
  const { resolvers = [] } = pipeline
  if (resolvers.length === 0 || !(await isStored(connection))) return
  const known = await all<{ kind: string; input: string; id: string | null; reason: string | null }>(
    connection,
    `SELECT kind, input, known.user_id AS id, known.reason FROM resolved_ids AS known
     WHERE (kind, input) IN (SELECT (${member.resolve_kind}, ${member.resolve_input}) FROM ${MEMBERS.name} WHERE ${member.resolve_input} IS NOT NULL)`,
  )
  await applyResolved(
    connection,
    resolvers,
    known.map(({ kind, input, id, reason }) => ({ kind, input, ...(id === null ? { reason: reason! } : { id }) })),
  )
}

/** Gives the rows of `members` with these inputs what became of them. */
export async function applyResolved(
  connection: Connection,
  resolvers: readonly Resolver[],
  inputs: readonly ResolvedInput[],
): Promise<void> {
  if (inputs.length === 0) return
  const remedies = new Map(resolvers.map(({ kind, remedies: words }) => [kind, words]))
  await fillTempTable(
    connection,
    RESOLVED,
    inputs.map((each) => {
      const { kind, input } = each
      if ('id' in each) return { kind, input, user_id: each.id, reason: null, remedy: null, status: null }
      const { reason, status = null } = each
      const isForgotten = reason === FORGOTTEN_ID.reason
      const known = isForgotten ? FORGOTTEN_ID.remedy : remedies.get(kind)?.[reason]
      const correct = known ?? 'this leads to nobody: correct it'
      const again = `\`--resolve misses\` ${isForgotten ? 'then ' : ''}asks the API again`
      const remedy = status === null ? `${correct}; ${again}` : null
      return { kind, input, user_id: null, reason, remedy, status }
    }),
  )
  await connection.run(`
UPDATE ${MEMBERS.name} SET user_id = ${resolved.user_id}, reason = ${resolved.reason}, remedy = ${resolved.remedy}, status = ${resolved.status}
FROM ${RESOLVED.name} AS r
WHERE ${member.user_id} IS NULL AND ${member.resolve_kind} = ${resolved.kind} AND ${member.resolve_input} = ${resolved.input}`)
}

/** An input without an id. */
export type UnresolvedInput = Pick<Resolvable, 'kind' | 'input'>

/** Inputs without an id, each once, in the order of the rows. */
export interface UnresolvedInputs {
  /** The API is to be asked for these. */
  readonly due: readonly UnresolvedInput[]
  /** An unanswered call for each of these may have been paid, and is held. */
  readonly held: readonly UnresolvedInput[]
}

/** Makes the rows of the TEMP table `members` with these inputs failed. */
export async function applyHeld(
  connection: Connection,
  { resolvers = [] }: Pick<Pipeline, 'resolvers'>,
  held: readonly UnresolvedInput[],
): Promise<void> {
  const failed = { reason: 'ambiguous', status: 'failed' } as const
  await applyResolved(
    connection,
    resolvers,
    held.map(({ kind, input }) => ({ kind, input, ...failed })),
  )
}

/** Why the row of an input is parked in a run without `--resolve`. */
export const NOT_RESOLVED = 'not_resolved'

/** In a run that does not resolve: rows whose inputs an earlier run did not get to are parked, and those that failed stay so. */
export async function applyLeftOver(
  connection: Connection,
  { resolvers = [] }: Pick<Pipeline, 'resolvers'>,
  due: readonly UnresolvedInput[],
): Promise<void> {
  if (due.length === 0) return
  const found = await all<{ readonly known: string; readonly failure: string | null }>(
    connection,
    `SELECT ${member.resolve_input} AS known, max(before.reason) FILTER (before.status = 'failed') AS failure
     FROM ${MEMBERS.name} JOIN list_members AS before ON before.input = ${member.input}
     WHERE ${member.user_id} IS NULL AND ${member.resolve_input} IS NOT NULL
       AND before.user_id IS NULL AND before.status IN ('parked', 'failed')
     GROUP BY known`,
  )
  const left = new Map(found.map(({ known, failure }) => [known, failure]))
  await applyResolved(
    connection,
    resolvers,
    due
      .filter(({ input }) => left.has(input))
      .map(({ kind, input }) => {
        const failure = left.get(input) ?? null
        return failure === null
          ? { kind, input, reason: NOT_RESOLVED, status: 'parked' }
          : { kind, input, reason: failure, status: 'failed' }
      }),
  )
}

/** The inputs of `members` that `--resolve` is about. */
export async function unresolvedInputs(
  connection: Connection,
  { resolvers = [] }: Pick<Pipeline, 'resolvers'>,
  { resolve, onAmbiguous }: Pick<Settings, 'resolve' | 'onAmbiguous'>,
): Promise<UnresolvedInputs> {
  if (resolvers.length === 0) return { due: [], held: [] }
  const kinds = resolvers.map(({ kind }) => kind)
  const known =
    resolve !== 'misses' && (await isStored(connection))
      ? `AND (kind, input) NOT IN (SELECT (kind, input) FROM resolved_ids)`
      : ''
  const found = await all<UnresolvedInput & { readonly isHeld: boolean }>(
    connection,
    `SELECT kind, input, input IN (SELECT user_id FROM ambiguous_calls WHERE resolved_at IS NULL) AS "isHeld"
     FROM (
       SELECT ${member.resolve_kind} AS kind, ${member.resolve_input} AS input, min(rowid) AS appeared
       FROM ${MEMBERS.name} WHERE ${member.user_id} IS NULL AND ${member.resolve_input} IS NOT NULL GROUP BY ALL
     )
     WHERE TRUE ${known} ORDER BY appeared`,
  )
  const inputs = found.filter(({ kind }) => kinds.includes(kind))
  if (onAmbiguous === 'retry') return { due: inputs, held: [] }
  return { due: inputs.filter(({ isHeld }) => !isHeld), held: inputs.filter(({ isHeld }) => isHeld) }
}

const IS_STORED = `SELECT 1 FROM duckdb_tables() WHERE table_name = 'resolved_ids' AND database_name = current_database()`

/** The file that an older version published lacks the table. */
async function isStored(connection: Connection): Promise<boolean> {
  return (await first(connection, IS_STORED)) !== undefined
}
