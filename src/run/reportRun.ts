import { messageOf } from '../core/errors.js'
import type { Receipt } from '../model/receipt.js'
import type { Job, World } from './context.js'
import type { OpenRun } from './openRun.js'

/**
 * Writes the HTML report of what was published. A report that fails is a warning: nothing else depends on it.
 * @returns the receipt with its path
 */
export async function reportRun(
  { settings, pipeline }: Job,
  receipt: Receipt,
  { layout, run }: OpenRun,
  { effects }: World,
): Promise<Receipt> {
  if (settings.noReport) return receipt
  try {
    const { writeReport } = await import('../report/writeReport.js')
    const report = await writeReport(layout, pipeline, { runId: run.runId, now: effects.now() })
    return { ...receipt, files: { ...receipt.files, report } }
  } catch (error) {
    const why = messageOf(error).split('\n')[0]!
    effects.log('warn', `no report: ${why}; all else is in place, and \`creator-enrich report\` writes it`)
    return receipt
  }
}
