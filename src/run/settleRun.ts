import { driftSince, recordRun, runCodes, unresolvedCalls } from '../load/recordRun.js'
import { settle } from '../load/settle.js'
import { parkReasonOf, type Receipt } from '../model/receipt.js'
import type { PlanCounts } from '../plan/plan.js'
import type { NamedInput } from '../read/listInput.js'
import { receiptOf, runRecordOf } from './buildReceipt.js'
import type { Job, World } from './context.js'
import type { Fetched } from './fetchDue.js'
import type { RecoveredCalls } from './loadJournal.js'
import type { OpenRun } from './openRun.js'

/** What the steps before have found. */
export interface Findings {
  readonly inputs: readonly NamedInput[]
  readonly rowsRead: number
  readonly recovered: RecoveredCalls
  readonly planned: PlanCounts
  readonly fetched: Fetched
}

/**
 * Gives every row its status, and records the receipt of the run.
 * @throws Error when the receipt does not add up: nothing is published
 */
export async function settleRun(job: Job, findings: Findings, house: OpenRun, world: World): Promise<Receipt> {
  const { connection } = house.warehouse
  const { inputs, fetched } = findings
  const { stop, unfinished } = fetched
  const settled = await settle(connection, {
    runId: house.run.runId,
    readAt: house.run.startedAt,
    lists: inputs.map(({ name, source, columns, idColumn }) => {
      return { name, source, columns, idColumn: idColumn.name, track: job.settings.track ?? false }
    }),
    unfinished,
    ...(stop ? { parkReason: parkReasonOf(stop.reason) } : {}),
  })
  const receipt = receiptOf(job, {
    ...findings,
    run: house.run,
    finishedAt: world.effects.now(),
    data: house.layout.data,
    settled,
    codes: await runCodes(connection, house.run.runId),
    signalCode: world.signal.aborted ? (world.signal.reason as number) : undefined,
    drift: await driftSince(connection, house.run.startedAt),
    ambiguousCalls: await unresolvedCalls(connection),
  })
  await recordRun(connection, runRecordOf(receipt))
  return receipt
}
