import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../core/absent.js'
import { replaceFile } from '../core/atomicFile.js'
import { EXIT, messageOf } from '../core/errors.js'
import { prometheusText, sampleIn, unlabelled } from '../core/prometheusText.js'
import { version } from '../core/version.js'
import type { Layout } from '../dataFolder/layout.js'
import type { Receipt } from '../model/receipt.js'
import { allowedAges } from '../plan/maxAge.js'
import { samplesOfFolder } from './metrics/folderSamples.js'
import { familiesOf, type MetricName, type Samples } from './metrics/metricTable.js'
import { samplesOfRun } from './metrics/runSamples.js'
import { samplesOfSizes } from './metrics/sizeSamples.js'
import type { OpenRun } from './openRun.js'

const SUCCESS: MetricName = 'creator_enrich_last_success_timestamp_seconds'

export interface RunEndResult {
  readonly exitCode: number
  /** Absent when the run failed before it was complete. */
  readonly receipt?: Receipt
}

/**
 * Writes the end of a run, and what is true of its folder, for the textfile collector of Prometheus' node exporter. The run
 * holds the lock, so nobody else writes the file, and the working database is closed. The figures of a run need its receipt.
 * Never fails a run.
 */
export async function writeMetrics(
  {
    settings,
    pipeline,
    effects,
    layout,
    header,
  }: Pick<OpenRun, 'settings' | 'pipeline' | 'effects' | 'layout' | 'header'>,
  { exitCode, receipt }: RunEndResult,
): Promise<void> {
  const path = metricsPath(layout)
  try {
    // A folder that was deleted or moved during the run is not created again.
    if (!pathExists(layout.state)) return
    const now = effects.now()
    const { startedAt } = header
    const question = { pipeline, now, startedAt, ages: allowedAges(settings, pipeline), price: settings.price }
    await replaceMetrics(
      layout,
      pipeline.name,
      (await samplesOfFolder(layout, question)) ?? {},
      await samplesOfSizes(layout),
      receipt ? samplesOfRun(receipt) : {},
      await samplesOfEnd(path, exitCode, Math.round(now / 1000)),
      samplesOfStart(startedAt, EXIT.done),
    )
  } catch (error) {
    effects.log('warn', `cannot write ${path}: ${messageOf(error)}`, 'metrics_failed')
  }
}

/** Replaces the file. The caller holds the lock. */
export async function replaceMetrics(layout: Layout, pipeline: string, ...samples: readonly Samples[]): Promise<void> {
  await replaceText(metricsPath(layout), prometheusText(familiesOf(...samples), labelsOf(layout, pipeline)))
}

/** Sets some metrics in the file, and leaves the others as they are. The caller holds the lock. */
export async function setMetrics(layout: Layout, samples: Samples): Promise<void> {
  const path = metricsPath(layout)
  const before = pathExists(path) ? await readFile(path, 'utf8') : ''
  const others = before.split('\n').filter((line) => line !== '' && !(metricIn(line) in samples))
  // Every series of a file has the same pipeline.
  const pipeline = /^creator_enrich_last_run_exit_code\{.*pipeline="([^"]*)"/m.exec(before)?.[1]
  const set = prometheusText(familiesOf(samples), labelsOf(layout, pipeline))
  await replaceText(path, [...others, set].join('\n'))
}

/** How the last start went. */
export function samplesOfStart(at: number, exitCode: number): Samples {
  return {
    creator_enrich_last_start_exit_code: unlabelled(exitCode),
    creator_enrich_last_start_timestamp_seconds: unlabelled(Math.round(at / 1000)),
  }
}

export function metricsPath({ metrics }: Layout): string {
  return join(metrics, 'creator-enrich.prom')
}

async function replaceText(path: string, text: string): Promise<void> {
  await replaceFile(path, (temporary) => writeFile(temporary, text), 'shared')
}

/** The metric of a line: of a sample, or of its HELP or TYPE. */
function metricIn(line: string): string {
  return /^(?:# (?:HELP|TYPE) )?(\w+)/.exec(line)?.[1] ?? ''
}

/** Every series has them, so that several folders can share a collector. */
function labelsOf({ data }: Layout, pipeline: string | undefined): Readonly<Record<string, string>> {
  return { folder: data, ...(pipeline === undefined ? {} : { pipeline }) }
}

/** The time of the last success is taken over from the previous file; if that has none, the tables may know it. */
async function samplesOfEnd(path: string, exitCode: number, at: number): Promise<Samples> {
  const success = exitCode === 0 ? at : pathExists(path) ? sampleIn(await readFile(path, 'utf8'), SUCCESS) : undefined
  return {
    creator_enrich_last_run_timestamp_seconds: unlabelled(at),
    creator_enrich_last_run_exit_code: unlabelled(exitCode),
    ...(success === undefined ? {} : { [SUCCESS]: unlabelled(success) }),
    creator_enrich_build_info: [[{ version }, 1]],
  }
}
