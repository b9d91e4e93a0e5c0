import { join } from 'node:path'
import { all, first, type Connection } from '../../core/duckdb.js'
import { createTempTable, insertIntoTempTable, tempTable, TempTableWriter } from '../../core/tempTable.js'
import { dayIn } from '../../core/time.js'
import type { Layout } from '../../dataFolder/layout.js'
import { openSegments } from '../../journal/openSegments.js'
import type { Call, RunHeader } from '../../model/call.js'
import { DefinitionFault } from '../../model/definitionFaults.js'
import { interpreter, requestIdOf } from '../../model/interpret.js'
import type { Interpret } from '../../model/outcome.js'
import { requestOf, type Pipeline } from '../../model/pipeline.js'
import { sealedCalls } from '../../raw/sealedCalls.js'

/** The billed and maybe billed calls of a month. */
export const BILLED_CALLS = tempTable('billed_calls', {
  /** In the zone of the pipeline, `YYYY-MM-DD`. */
  day: 'VARCHAR',
  sent_at: 'TIMESTAMPTZ',
  received_at: 'TIMESTAMPTZ',
  /** The vendor's time and number of the answer. */
  record_time: 'VARCHAR',
  request_id: 'VARCHAR',
  user_id: 'VARCHAR',
  host: 'VARCHAR',
  endpoint: 'VARCHAR',
  code: 'VARCHAR',
  /** `yes` or `maybe`. */
  billed: 'VARCHAR',
  price: 'DOUBLE',
  currency: 'VARCHAR',
  run_id: 'VARCHAR',
  seq: 'BIGINT',
  /** `raw`, `journal`, or `gone`: only the table still counts the call. */
  source: 'VARCHAR',
})

/** How many calls were listed. */
export interface Listed {
  readonly lines: number
  readonly billed: number
  readonly maybe_billed: number
  /** Lines of calls that are not in `raw/` any more. */
  readonly gone: number
}

interface Period {
  /** `YYYY-MM`. */
  readonly month: string
  readonly zone: string
  readonly pipeline: Pipeline
}

/**
 * Fills the TEMP table `billed_calls` with the calls of a month, of the runs in table `spending`: from `raw/`, or from the
 * journal where a run is not sealed yet. Calls that only the table still counts get a line without details.
 * @throws LocalError when something in `raw/` is damaged
 */
export async function listBilledCalls(connection: Connection, layout: Layout, period: Period): Promise<Listed> {
  const runs = await runsOf(connection, period.month)
  await connection.run(createTempTable(BILLED_CALLS))
  const writer = await TempTableWriter.open(connection, BILLED_CALLS)
  const line = lineOf(interpreter(period.pipeline), period)
  for await (const { header, call, source } of callsOf(layout, runs)) {
    const cells = line(header, call)
    if (!cells) continue
    const ofRun = runs.get(header.runId)!
    writer.append({ ...cells, price: priceOf(ofRun, period.pipeline, call), currency: ofRun.currency, source })
  }
  writer.close()
  await connection.run(insertGone(period.month))
  return (await first<Listed>(connection, COUNTS))!
}

interface RunPrices {
  /** Of a call, by endpoint; null: that of the profiles. */
  readonly byEndpoint: ReadonlyMap<string | null, number | null>
  readonly currency: string | null
}

/** The price at which the run paid the call. An endpoint that the table does not know for the run costs what it costs now. */
function priceOf({ byEndpoint }: RunPrices, { resolvers }: Pipeline, { endpoint }: Call): number | null {
  const paid = byEndpoint.get(endpoint ?? null)
  return paid !== undefined ? paid : (resolvers?.find((each) => each.endpoint === endpoint)?.price ?? null)
}

/** The runs that have spent something in the month, and the prices of their calls. */
async function runsOf(connection: Connection, month: string): Promise<ReadonlyMap<string, RunPrices>> {
  const rows = await all<{ run_id: string; endpoint: string | null; price: number | null; currency: string | null }>(
    connection,
    `SELECT s.run_id, s.endpoint, any_value(s.currency) AS currency,
       any_value(CASE WHEN r.simulated THEN 0 WHEN s.endpoint IS NULL THEN coalesce(r.price, s.price) ELSE s.price END::DOUBLE) AS price
     FROM spending AS s LEFT JOIN runs AS r ON r.run_id = s.run_id
     WHERE strftime(s.calendar_day, '%Y-%m') = $month GROUP BY s.run_id, s.endpoint ORDER BY s.run_id`,
    { month },
  )
  const runs = new Map<string, { byEndpoint: Map<string | null, number | null>; currency: string | null }>()
  for (const { run_id, endpoint, price, currency } of rows) {
    const known = runs.get(run_id) ?? { byEndpoint: new Map(), currency }
    known.byEndpoint.set(endpoint, price)
    runs.set(run_id, known)
  }
  return runs
}

/** Simulated calls cost nothing. */
const PRICE = 'CASE WHEN r.simulated THEN 0 ELSE s.price END::DOUBLE'

interface SourceCall {
  readonly header: RunHeader
  readonly call: Call
  readonly source: 'raw' | 'journal'
}

/** The journal comes first: while a run is sealed, `raw/` has only a part of its calls. */
async function* callsOf(layout: Layout, runs: ReadonlyMap<string, unknown>): AsyncGenerator<SourceCall> {
  const done = new Set<string>()
  for (const folder of [layout.journal, join(layout.journal, 'loaded')]) {
    for (const segment of await openSegments(folder)) {
      const { header } = segment
      if (!runs.has(header.runId) || done.has(header.runId)) continue
      for await (const calls of segment.calls()) {
        for (const call of calls) yield { header, call, source: 'journal' }
      }
      done.add(header.runId)
    }
  }
  const isLeft = (runId: string): boolean => runs.has(runId) && !done.has(runId)
  for await (const { header, call } of sealedCalls(layout.raw, isLeft)) yield { header, call, source: 'raw' }
}

/** Makes the line of a call; undefined for a call that was not billed, or not in the month. */
function lineOf(interpret: Interpret, { month, zone, pipeline }: Period) {
  return ({ runId, host }: RunHeader, call: Call) => {
    const day = dayIn(zone, call.sentAt)
    if (!day.startsWith(month)) return undefined
    const ended = call.kind === 'unknown' ? undefined : call
    const { billed, code } = ended ? interpret(ended) : ({ billed: 'maybe', code: 'unknown' } as const)
    if (billed === 'no') return undefined
    const { requestId, recordTime } = call.kind === 'answer' ? requestIdOf(call.body) : NO_NUMBER
    return {
      day,
      sent_at: call.sentAt,
      received_at: ended?.receivedAt ?? null,
      record_time: recordTime,
      request_id: requestId,
      user_id: call.id,
      host,
      endpoint: pathOf(pipeline, call),
      code,
      billed,
      run_id: runId,
      seq: BigInt(call.seq),
    }
  }
}

/**
 * The path of the endpoint. If the definition does not have the endpoint any more, or fails for this id, its name; null for
 * that of the profiles.
 */
function pathOf(pipeline: Pipeline, call: Call): string | null {
  const isGone = call.endpoint !== undefined && !pipeline.resolvers?.some(({ endpoint }) => endpoint === call.endpoint)
  if (isGone) return call.endpoint
  try {
    return requestOf(pipeline, call).path
  } catch (error) {
    if (error instanceof DefinitionFault) return call.endpoint ?? null
    throw error
  }
}

const NO_NUMBER = { requestId: null, recordTime: null }

/** Lines for what the table counts beyond the calls that are there, by run and day. */
function insertGone(month: string): string {
  return ['yes', 'maybe']
    .map((billed) => {
      const column = billed === 'yes' ? 'billed_calls' : 'maybe_billed_calls'
      return insertIntoTempTable(
        BILLED_CALLS,
        {
          ...{ day: 'day', sent_at: 'NULL', received_at: 'NULL', record_time: 'NULL', request_id: 'NULL' },
          ...{ user_id: 'NULL', host: 'host', endpoint: 'NULL', code: 'NULL', billed: `'${billed}'` },
          ...{ price: 'price', currency: 'currency', run_id: 'run_id', seq: 'NULL', source: `'gone'` },
        },
        `FROM (
  SELECT counted.*, unnest(range(counted.calls - coalesce(listed.calls, 0)))
  FROM (
    SELECT s.run_id, CAST(s.calendar_day AS VARCHAR) AS day, CAST(sum(s.${column}) AS BIGINT) AS calls, any_value(r.host) AS host,
      ${PRICE} AS price, any_value(s.currency) AS currency
    FROM spending AS s LEFT JOIN runs AS r ON r.run_id = s.run_id
    WHERE strftime(s.calendar_day, '%Y-%m') = '${month}' GROUP BY s.run_id, s.calendar_day, ${PRICE}
  ) AS counted
  LEFT JOIN (
    SELECT run_id, day, price, count(*) AS calls FROM ${BILLED_CALLS.name} WHERE billed = '${billed}' GROUP BY run_id, day, price
  ) AS listed ON listed.run_id = counted.run_id AND listed.day = counted.day AND listed.price IS NOT DISTINCT FROM counted.price
)`,
      )
    })
    .join(';\n')
}

const COUNTS = `
SELECT
  count(*) AS lines,
  count(*) FILTER (billed = 'yes') AS billed,
  count(*) FILTER (billed = 'maybe') AS maybe_billed,
  count(*) FILTER (source = 'gone') AS gone
FROM ${BILLED_CALLS.name}`
