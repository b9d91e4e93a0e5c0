import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../core/absent.js'
import { replaceFile } from '../core/atomicFile.js'
import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import { STATUSES, type Receipt } from '../model/receipt.js'

const NAME = 'creator-enrich.prom'
const SUCCESS = 'creator_enrich_last_success_timestamp_seconds'

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

/**
 * Writes the result of a run for the textfile collector of Prometheus' node exporter. Without a receipt, only exit code and
 * times are written. The time of the last success is taken over from the previous file. Never fails a run.
 */
export async function writeMetrics(
  { metrics, state }: Layout,
  exitCode: number,
  receipt: Receipt | undefined,
  { now, log }: Pick<Effects, 'now' | 'log'>,
): Promise<void> {
  const path = join(metrics, NAME)
  try {
    // A folder that was deleted or moved during the run is not created again.
    if (!pathExists(state)) return
    const at = Math.round(now() / 1000)
    const success = exitCode === 0 ? at : await lastSuccess(path)
    const write = (temporary: string): Promise<void> => writeFile(temporary, render(exitCode, at, success, receipt))
    await replaceFile(path, write, 'shared')
  } catch (error) {
    log('warn', `cannot write ${path}: ${messageOf(error)}`)
  }
}

async function lastSuccess(path: string): Promise<number | undefined> {
  if (!pathExists(path)) return undefined
  const found = new RegExp(`^${SUCCESS} (\\d+)$`, 'm').exec(await readFile(path, 'utf8'))
  return found ? Number(found[1]) : undefined
}

function render(exitCode: number, at: number, success: number | undefined, receipt: Receipt | undefined): string {
  return [
    metric('creator_enrich_last_run_timestamp_seconds', 'When the last run ended.', [[{}, at]]),
    metric('creator_enrich_last_run_exit_code', 'Exit code of the last run.', [[{}, exitCode]]),
    metric(SUCCESS, 'When a run last ended with exit code 0.', success === undefined ? [] : [[{}, success]]),
    ...(receipt ? ofReceipt(receipt) : []),
  ].join('')
}

function ofReceipt({ seconds, rows, ids, calls, money, ambiguous_calls }: Receipt): string[] {
  const byStatus = (counts: Receipt['rows']): Sample[] => STATUSES.map((status) => [{ status }, counts[status]])
  const { currency } = money
  return [
    metric('creator_enrich_last_run_duration_seconds', 'Duration of the last run.', [[{}, seconds]]),
    metric('creator_enrich_rows', 'Input rows of the last run by status.', byStatus(rows)),
    metric('creator_enrich_ids', 'Distinct ids of the last run by status.', byStatus(ids)),
    metric(
      'creator_enrich_calls',
      "HTTP calls of the last run by the upstream's code.",
      calls.codes.map(({ code, calls: sent }) => [{ code }, sent]),
    ),
    metric('creator_enrich_money', 'Money of the last run.', [
      [{ kind: 'billed', currency }, money.billed],
      [{ kind: 'maybe_billed', currency }, money.maybe_billed],
    ]),
    metric('creator_enrich_ambiguous_calls', 'Calls of all runs that may have been billed and got no answer.', [
      [{}, ambiguous_calls],
    ]),
  ]
}

/** One gauge in the text format of Prometheus. */
function metric(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/["\\\n]/g, '_')}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}
