import type { Receipt } from '../model/receipt.js'
import { publishFolder } from '../publish/publish.js'
import type { NamedInput } from '../read/listInput.js'
import type { Job, World } from './context.js'
import type { OpenRun } from './openRun.js'
import { recordFailure } from './recordFailure.js'

/**
 * Puts the files that analysts open in place. The working database is closed after it.
 * @returns the receipt with its files
 * @throws LocalError when something cannot be written: what is in place is whole, and the run is recorded as interrupted
 */
export async function publishRun(
  { settings }: Job,
  receipt: Receipt,
  inputs: readonly NamedInput[],
  house: OpenRun,
  { effects }: World,
): Promise<Receipt> {
  const { run, layout, warehouse } = house
  const lists = inputs.map(({ name, columns }) => ({ name, columns }))
  const options = { runId: run.runId, lists, bom: !settings.noBom, excel: settings.excel ?? false }
  const files = await recordFailure(house, 'interrupted', () => publishFolder(warehouse, layout, options, effects))
  const finishedAt = effects.now()
  return {
    ...receipt,
    finished_at: new Date(finishedAt).toISOString(),
    seconds: (finishedAt - run.startedAt) / 1000,
    files,
  }
}
