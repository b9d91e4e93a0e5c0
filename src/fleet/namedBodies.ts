import { bodyNames } from '../privacy/eraseCall.js'
import { IdFinder } from '../privacy/idFinder.js'
import type { FleetDatabase } from './database.js'

/** The tables with bodies of answers. */
export const BODY_TABLES = ['ends', 'late_answers'] as const
export type BodyTable = (typeof BODY_TABLES)[number]

export interface NamedBody {
  readonly session_no: string
  readonly seq: string
  readonly user_id: string
  readonly kind: 'answer' | 'no_answer'
  readonly body: Buffer
}

/** Bodies of one query. */
const PAGE = 200

/** Bodies that name one of the people, and those that write letters as escapes, which may. */
export async function* bodiesThatMayName(
  database: FleetDatabase,
  table: BodyTable,
  ids: readonly string[],
): AsyncGenerator<NamedBody> {
  let after: readonly [string, string] = ['0', '0']
  const isLate = table === 'late_answers'
  const sql = `
SELECT t.session_no, t.seq, ${isLate ? 't.user_id' : 'i.user_id'} AS user_id, kind, body FROM ${table} AS t
${isLate ? '' : 'JOIN intents AS i USING (session_no, seq, enqueue_no)'}
WHERE (t.session_no, t.seq) > ($2, $3) AND body IS NOT NULL AND (
  position(convert_to('\\u00', 'UTF8') IN body) > 0
  OR EXISTS (SELECT 1 FROM unnest($1::text[]) AS id WHERE position(convert_to(id, 'UTF8') IN body) > 0)
) ORDER BY t.session_no, t.seq LIMIT ${PAGE}`
  for (;;) {
    const page = await database.longTransaction((query) => query<NamedBody>(sql, [ids, ...after]))
    yield* page
    if (page.length < PAGE) return
    const { session_no, seq } = page.at(-1)!
    after = [session_no, seq]
  }
}

/** The people whom the database of a fleet still knows: in the queue, as the id of a call, or in the answer of another. */
export async function peopleInFleet(database: FleetDatabase, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ id: string }>(
    `SELECT id FROM unnest($1::text[]) AS id
     WHERE EXISTS (SELECT 1 FROM ids WHERE user_id = id) OR EXISTS (SELECT 1 FROM intents WHERE user_id = id)
       OR EXISTS (SELECT 1 FROM late_answers WHERE user_id = id)`,
    [ids],
  )
  const named = new Set(rows.map(({ id }) => id))
  const finders = ids.map((id) => [id, IdFinder.of([id])] as const)
  for (const table of BODY_TABLES)
    for await (const { body } of bodiesThatMayName(database, table, ids))
      for (const [id, finder] of finders) if (bodyNames(body, finder)) named.add(id)
  return named
}
