import { commandText } from '../core/commandText.js'
import { messageOf } from '../core/errors.js'
import type { Receipt } from '../model/receipt.js'
import { publish } from '../publish/publish.js'
import type { NamedInput } from '../read/readInput.js'
import type { OpenRun } from './openRun.js'

/**
 * Puts the files that analysts open in place. The working database must be closed.
 * @returns the receipt with its files
 * @throws LocalError when something cannot be written: each file is still the old or the new one
 */
export async function publishRun(
  { settings, pipeline, layout, header, effects }: OpenRun,
  receipt: Receipt,
  inputs: readonly NamedInput[],
): Promise<Receipt> {
  const { runId, startedAt } = header
  const lists = inputs.map(({ name, columns }) => ({ name, columns }))
  const options = { runId, lists, bom: !settings.noBom, lang: settings.lang, excel: settings.excel ?? false }
  const files = await publish(layout, pipeline, options, effects)
  const finishedAt = effects.now()
  return {
    ...receipt,
    finished_at: new Date(finishedAt).toISOString(),
    seconds: (finishedAt - startedAt) / 1000,
    files,
  }
}

/**
 * Writes the HTML report of the published data. A failure is only a warning, because nothing else depends on the report.
 * @returns the receipt with the path of the report
 */
export async function reportRun(
  { settings, pipeline, layout, header, effects }: OpenRun,
  receipt: Receipt,
): Promise<Receipt> {
  if (settings.noReport) return receipt
  try {
    const { writeReport } = await import('../report/writeReport.js')
    const report = await writeReport(layout, pipeline, {
      runId: header.runId,
      keep: settings.keepReports,
      lang: settings.lang,
    })
    return { ...receipt, files: { ...receipt.files, report } }
  } catch (error) {
    const why = messageOf(error).split('\n')[0]!
    effects.log(
      'warn',
      `no report: ${why}; all other files are in place; \`${commandText(['report', '--data', layout.data])}\` tries again`,
      'report_failed',
    )
    return receipt
  }
}
