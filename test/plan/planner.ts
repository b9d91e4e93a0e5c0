import { onTestFinished } from 'vitest'
import { all, openDatabase, type Cell, type Connection } from '../../src/core/duckdb.js'
import { fillTempTable, sqlColumns } from '../../src/core/tempTable.js'
import { bringUpToDate } from '../../src/load/schema/schema.js'
import type { Pipeline } from '../../src/model/pipeline.js'
import { MEMBERS, PLANNED } from '../../src/model/tempTables.js'
import { dueIds } from '../../src/plan/plan.js'
import type { PlanOptions } from '../../src/plan/planSql.js'
import { people } from '../load/people.js'

export const HOUR = 3_600_000
export const NOW = Date.UTC(2026, 10, 22, 20, 0, 0)
/** One allowed age for all, in hours. */
export const ageOf = (hours: number): PlanOptions['ages'] => ({ standard: hours * HOUR, byTier: new Map() })

export const OPTIONS: PlanOptions = {
  tier: undefined,
  first: { column: 'fans', descending: true },
  startedAt: NOW,
  ages: ageOf(20),
  retryFailed: false,
  onAmbiguous: 'retry',
}

type Member = Record<keyof typeof MEMBERS.columns, Cell>

export const ago = (hours: number): number => NOW - hours * HOUR
export const at = (time: number | undefined): string | null =>
  time === undefined ? null : new Date(time).toISOString()
export const id = (n: number): string => `5f${n.toString(16).padStart(22, '0')}`

export interface Creator {
  user_id: string
  status: 'active' | 'empty' | 'invalid' | 'never_fetched'
  /** Start of the run with the last conclusive answer, in hours before now. */
  hoursAgo?: number
  /** The last attempt, if another run made it or it had another outcome. */
  attempt?: { outcome: string; code: string; hoursAgo?: number; at?: number }
  conclusiveAt?: number
  fans?: number
}

export class Planner {
  private read: Member[] = []

  private constructor(readonly connection: Connection) {}

  /** The tables of a new warehouse, the runs of the last 200 hours, and no member. */
  static async open(pipeline: Pipeline = people): Promise<Planner> {
    const database = await openDatabase(':memory:')
    onTestFinished(() => database.close())
    const { connection } = database
    await bringUpToDate({ connection, path: ':memory:', pipeline })
    const started = `to_timestamp((${NOW} - hours * ${HOUR}) / 1000)`
    await connection.run(
      `INSERT INTO runs (run_id, started_at) SELECT 'run-' || hours, ${started} FROM range(200) AS r(hours)`,
    )
    await fillTempTable(connection, MEMBERS, [])
    return new Planner(connection)
  }

  async creators(creators: Creator[]): Promise<void> {
    const run = (hours: number | undefined): string | null => (hours === undefined ? null : `run-${hours}`)
    for (const { user_id, status, hoursAgo, attempt, conclusiveAt, fans = null } of creators) {
      const same = { active: 'profile', empty: 'empty', invalid: 'invalid', never_fetched: null }[status]
      const last = attempt ?? { outcome: same, code: status === 'invalid' ? '400' : '0', hoursAgo }
      await this.insert('creators', {
        user_id,
        status,
        fans,
        run_id: run(hoursAgo),
        last_conclusive_at: at(conclusiveAt ?? (hoursAgo === undefined ? undefined : ago(hoursAgo))),
        last_attempt_run_id: run(last.hoursAgo),
        last_attempt_outcome: last.outcome,
        last_attempt_code: last.code,
        last_attempt_at: at(
          ('at' in last ? last.at : undefined) ?? (last.hoursAgo === undefined ? undefined : ago(last.hoursAgo)),
        ),
      })
      if (status === 'empty' && hoursAgo !== undefined) await this.answer(user_id, `run-${hoursAgo}`, hoursAgo)
    }
  }

  /** An empty answer of a run. */
  async answer(user_id: string, run_id: string, hoursAgo: number): Promise<void> {
    await this.insert('answers_without_profile', { user_id, run_id, observed_at: at(ago(hoursAgo)), outcome: 'empty' })
  }

  async unanswered(user_id: string, resolvedAt?: number): Promise<void> {
    const call = { run_id: 'run-1', seq: 1, user_id, sent_at: at(ago(1)), reason: 'timeout' }
    await this.insert('ambiguous_calls', { ...call, resolved_at: at(resolvedAt) })
  }

  /** Adds the rows of one list. A member that is not an id is a reject with that reason. */
  async members(list: string, members: (string | { reason: string })[]): Promise<void> {
    members.forEach((member, index) => {
      const [user_id, reason] = typeof member === 'string' ? [member, null] : [null, member.reason]
      const [cell, remedy] = [user_id ?? '?', reason && 'fix it']
      const row = { list, row_number: index + 1, line: index + 2, input: '[]', cell, user_id, reason, remedy }
      this.read.push({ ...row, resolve_kind: null, resolve_input: null, status: null })
    })
    await fillTempTable(this.connection, MEMBERS, this.read)
  }

  /** Reads these lists instead of all before. */
  forgetMembers(): void {
    this.read = []
  }

  async planned(): Promise<Record<string, string>> {
    const { user_id, decision, reason, ord } = sqlColumns(PLANNED)
    const rows = await all<{ id: string; verdict: string }>(
      this.connection,
      `SELECT ${user_id} AS id, ${decision} || ' ' || ${reason} AS verdict FROM ${PLANNED.name} ORDER BY ${ord}`,
    )
    return Object.fromEntries(rows.map(({ id, verdict }) => [id, verdict]))
  }

  async due(): Promise<string[]> {
    const ids: string[] = []
    for await (const { id } of dueIds(this.connection)) ids.push(id)
    return ids
  }

  async insert(table: string, row: Record<string, Cell>): Promise<void> {
    const names = Object.keys(row)
    await this.connection.run(
      `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map((name) => `$${name}`).join(', ')})`,
      row,
    )
  }
}
