import { messageOf } from '../core/errors.js'
import type { Receipt } from '../model/receipt.js'
import type { OpenRun } from './openRun.js'

/**
 * Writes the HTML report of what is published. A report that fails is a warning: nothing else depends on it.
 * @returns the receipt with the path of the report
 */
export async function reportRun(
  { settings, pipeline, layout, header, effects }: OpenRun,
  receipt: Receipt,
): Promise<Receipt> {
  if (settings.noReport) return receipt
  try {
    const { writeReport } = await import('../report/writeReport.js')
    const report = await writeReport(layout, pipeline, { runId: header.runId, now: effects.now() })
    return { ...receipt, files: { ...receipt.files, report } }
  } catch (error) {
    const why = messageOf(error).split('\n')[0]!
    effects.log('warn', `no report: ${why}; all else is in place, and \`creator-enrich report\` writes it`)
    return receipt
  }
}
