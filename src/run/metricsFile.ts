import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../config/options.js'
import { pathExists } from '../core/absent.js'
import { replaceFile } from '../core/atomicFile.js'
import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import { prometheusText, sampleIn, unlabelled } from '../core/prometheusText.js'
import { version } from '../core/version.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import type { Pipeline } from '../model/pipeline.js'
import type { Receipt } from '../model/receipt.js'
import { allowedAges } from '../plan/maxAge.js'
import { samplesOfFolder } from './metrics/folderSamples.js'
import { familiesOf, type MetricName, type Samples } from './metrics/metricTable.js'
import { samplesOfRun } from './metrics/runSamples.js'
import { samplesOfSizes } from './metrics/sizeSamples.js'

const NAME = 'creator-enrich.prom'
const SUCCESS: MetricName = 'creator_enrich_last_success_timestamp_seconds'

export interface RunEndContext {
  readonly settings: Pick<Settings, 'data' | 'maxAge' | 'maxAgeByTier' | 'price'>
  readonly pipeline: Pipeline
  readonly effects: Pick<Effects, 'now' | 'log'>
}

export interface RunEndResult {
  readonly exitCode: number
  /** Absent when the run failed before it was complete. */
  readonly receipt?: Receipt
  /** Whether this process has the lock of the folder. */
  readonly holdsFolder: boolean
}

/**
 * Writes the end of a run, and what is true of its folder, for the textfile collector of Prometheus' node exporter. The
 * figures of a run need its receipt. Never fails a run.
 */
export async function writeMetrics({ settings, pipeline, effects }: RunEndContext, end: RunEndResult): Promise<void> {
  const layout = layoutOf(settings.data)
  const path = join(layout.metrics, NAME)
  try {
    // A folder that was deleted or moved during the run is not created again.
    if (!pathExists(layout.state)) return
    const now = effects.now()
    const startedAt = end.receipt ? Date.parse(end.receipt.started_at) : now
    const ages = allowedAges(settings, pipeline)
    const question = { pipeline, now, startedAt, ages, price: settings.price }
    const families = familiesOf(
      (await samplesOfFolder(layout, question, end.holdsFolder)) ?? {},
      await samplesOfSizes(layout),
      end.receipt ? samplesOfRun(end.receipt) : {},
      await samplesOfEnd(path, end.exitCode, Math.round(now / 1000)),
    )
    const text = prometheusText(families, labelsOf(layout, pipeline))
    await replaceFile(path, (temporary) => writeFile(temporary, text), 'shared')
  } catch (error) {
    effects.log('warn', `cannot write ${path}: ${messageOf(error)}`, 'metrics_failed')
  }
}

/** Every series has them, so that several folders can share a collector. */
function labelsOf({ data }: Layout, { name }: Pipeline): Readonly<Record<string, string>> {
  return { folder: data, pipeline: name }
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
