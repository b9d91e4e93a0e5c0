import { driftSince, recordRun, runCodes, unresolvedCalls } from '../load/recordRun.js'
import { settle } from '../load/settle.js'
import type { Warehouse } from '../load/warehouse.js'
import { parkReasonOf, type Receipt } from '../model/receipt.js'
import { buildReceipt, runRecordOf, type StepResults } from './buildReceipt.js'
import type { OpenRun } from './openRun.js'

/**
 * Gives every row its status, and records the receipt of the run.
 * @throws Error when the receipt does not add up: nothing is published
 */
export async function settleRun(run: OpenRun, { connection }: Warehouse, results: StepResults): Promise<Receipt> {
  const { settings, header, signal, effects } = run
  const { inputs, fetched } = results
  const { stop, unfinished } = fetched
  const settled = await settle(connection, {
    runId: header.runId,
    readAt: header.startedAt,
    lists: inputs.map(({ name, source, columns, idColumn }) => {
      return { name, source, columns, idColumn: idColumn.name, track: settings.track ?? false }
    }),
    unfinished,
    ...(stop ? { parkReason: parkReasonOf(stop.reason) } : {}),
  })
  const receipt = buildReceipt(run, results, {
    finishedAt: effects.now(),
    settled,
    codes: await runCodes(connection, header.runId),
    signalCode: signal.aborted ? (signal.reason as number) : undefined,
    drift: await driftSince(connection, header.startedAt),
    ambiguousCalls: await unresolvedCalls(connection),
  })
  await recordRun(connection, runRecordOf(receipt))
  return receipt
}
