import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../core/absent.js'
import { replaceFile } from '../core/atomicFile.js'
import type { Effects } from '../core/effects.js'
import { EXIT, messageOf } from '../core/errors.js'
import { labelText } from '../core/prometheusText.js'
import type { Layout } from '../dataFolder/layout.js'
import { refusePlantedLinks } from '../dataFolder/plantedLinks.js'
import type { RunStatus } from '../dataFolder/runStatus.js'
import { readFailedStart, writeFailedStart, type FailedStart } from '../dataFolder/startFile.js'
import { METRICS, type MetricName } from './metrics/metricTable.js'

/**
 * Whether a run that ended with an error could not start: it ended before its first call. The metrics stay those of the
 * last run that did start.
 * @param last the status as the error came; undefined if the run never had the folder
 */
export function couldNotStart(exitCode: number, last: RunStatus | undefined): boolean {
  if (exitCode === EXIT.interrupted || exitCode === EXIT.terminated) return false
  if (!last || ['starting', 'recovering', 'reading', 'planning'].includes(last.phase)) return true
  return last.phase === 'fetching' && (last.calls ?? 0) === 0
}

/** Keeps a start that failed, for `status` and in the metrics. Never fails. */
export async function recordFailedStart(layout: Layout, failed: FailedStart, log: Effects['log']): Promise<void> {
  try {
    await refusePlantedLinks(layout)
    await writeFailedStart(layout, failed)
    await writeLastStart(layout, Date.parse(failed.at), failed.exit_code)
  } catch (error) {
    log('debug', `the failed start is not kept: ${messageOf(error)}`, 'metrics_failed')
  }
}

/** Writes into the metrics that a run has started, unless another start has failed since. Never fails. */
export async function recordStart(layout: Layout, startedAt: number, log: Effects['log']): Promise<void> {
  try {
    const failed = readFailedStart(layout)
    if (failed) await writeLastStart(layout, Date.parse(failed.at), failed.exit_code)
    else await writeLastStart(layout, startedAt, EXIT.done)
  } catch (error) {
    log('warn', `cannot write ${metricsPath(layout)}: ${messageOf(error)}`, 'metrics_failed')
  }
}

const EXIT_CODE: MetricName = 'creator_enrich_last_start_exit_code'
const TIMESTAMP: MetricName = 'creator_enrich_last_start_timestamp_seconds'
const OWN = new RegExp(`^(# (HELP|TYPE) )?(${EXIT_CODE}|${TIMESTAMP})[ {]`)

/** Sets two metrics in the file, and leaves the others as they are. */
async function writeLastStart(layout: Layout, at: number, exitCode: number): Promise<void> {
  // A folder that was deleted or moved, or never had a run, is not created.
  if (!pathExists(layout.state)) return
  const path = metricsPath(layout)
  const before = pathExists(path) ? await readFile(path, 'utf8') : ''
  const others = before.split('\n').filter((line) => line !== '' && !OWN.test(line))
  // The labels that the file gives to every series.
  const known = /^creator_enrich_last_run_exit_code(\{.*\}) /m.exec(before)?.[1]
  const labels = known ?? labelText({ folder: layout.data })
  const lines = [
    ...others,
    ...linesOf(EXIT_CODE, labels, exitCode),
    ...linesOf(TIMESTAMP, labels, Math.round(at / 1000)),
  ]
  await replaceFile(path, (temporary) => writeFile(temporary, `${lines.join('\n')}\n`), 'shared')
}

function linesOf(name: MetricName, labels: string, value: number): string[] {
  const { help, type } = METRICS[name]
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name}${labels} ${value}`]
}

function metricsPath({ metrics }: Layout): string {
  return join(metrics, 'creator-enrich.prom')
}
