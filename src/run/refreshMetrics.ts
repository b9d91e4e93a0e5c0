import { pathExists } from '../core/absent.js'
import { first, type Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { messageOf } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import { NEWEST_RUNS_FIRST } from '../model/clock.js'
import type { Pipeline } from '../model/pipeline.js'
import { withPublished } from '../publish/openPublished.js'
import { readFolderSamples, type FolderQuestion } from './metrics/folderSamples.js'
import type { Samples } from './metrics/metricTable.js'
import { samplesOfSizes } from './metrics/sizeSamples.js'
import { metricsPath, setMetrics } from './metricsFile.js'

/**
 * Renews what the metrics say of the folder, after a command other than `run` has published it. What they say of the last run
 * stays. The caller holds the lock. Never fails the command.
 */
export async function refreshMetrics(layout: Layout, pipeline: Pipeline, effects: Effects): Promise<void> {
  const path = metricsPath(layout)
  try {
    if (!pathExists(path)) return
    const samples = await withPublished(layout, async (connection): Promise<Samples> => {
      const question = await questionOfLastRun(connection, pipeline, effects.now())
      return question ? readFolderSamples(connection, question) : {}
    })
    // The file knows the last success better: the tables have no run that failed after its receipt.
    delete samples.creator_enrich_last_success_timestamp_seconds
    await setMetrics(layout, { ...samples, ...(await samplesOfSizes(layout)) })
  } catch (error) {
    effects.log('warn', `cannot write ${path}: ${messageOf(error)}`, 'metrics_failed')
  }
}

interface LastRun {
  readonly started_at: number
  readonly price: number
  /** Milliseconds. */
  readonly standard: number
  readonly by_tier: string | null
}

/** Ids are judged as the last run with an allowed age did; undefined where no run has one. */
async function questionOfLastRun(
  connection: Connection,
  pipeline: Pipeline,
  now: number,
): Promise<FolderQuestion | undefined> {
  const last = await first<LastRun>(connection, LAST_RUN)
  if (last === undefined) return undefined
  const pairs = (last.by_tier ?? '').split(',').filter((pair) => pair !== '')
  const byTier = new Map(pairs.map((pair) => [pair.split('=')[0]!, Number(pair.split('=')[1]) * 1000]))
  const { started_at: startedAt, price, standard } = last
  return { pipeline, now, startedAt, ages: { standard, byTier }, price }
}

const LAST_RUN = `
SELECT started_at, price, max_age_seconds * 1000 AS standard, max_age_by_tier AS by_tier
FROM runs WHERE max_age_seconds IS NOT NULL AND price IS NOT NULL ORDER BY ${NEWEST_RUNS_FIRST} LIMIT 1`
