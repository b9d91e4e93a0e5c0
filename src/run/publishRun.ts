import type { Receipt } from '../model/receipt.js'
import { publish } from '../publish/publish.js'
import type { NamedInput } from '../read/listInput.js'
import type { OpenRun } from './openRun.js'

/**
 * Puts the files that analysts open in place. The working database must be closed.
 * @returns the receipt with its files
 * @throws LocalError when something cannot be written: each file in place is whole
 */
export async function publishRun(
  { settings, pipeline, layout, header, effects }: OpenRun,
  receipt: Receipt,
  inputs: readonly NamedInput[],
): Promise<Receipt> {
  const { runId, startedAt } = header
  const lists = inputs.map(({ name, columns }) => ({ name, columns }))
  const options = { runId, lists, bom: !settings.noBom, excel: settings.excel ?? false }
  const files = await publish(layout, pipeline, options, effects)
  const finishedAt = effects.now()
  return {
    ...receipt,
    finished_at: new Date(finishedAt).toISOString(),
    seconds: (finishedAt - startedAt) / 1000,
    files,
  }
}
