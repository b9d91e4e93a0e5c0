import { commandText } from '../core/commandText.js'
import { first, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import type { Pipeline } from '../model/pipeline.js'
import { minuteIn } from './figures.js'
import { html } from './html.js'
import { page } from './page.js'
import { changesSection } from './sections/changes.js'
import { creatorsSection } from './sections/creators.js'
import { moversSection } from './sections/movers.js'
import { peopleSection } from './sections/people.js'
import { qualitySection } from './sections/quality.js'
import { readRun, runSection } from './sections/run.js'

/**
 * The report of one run as HTML, from the tables and views that analysts use.
 * @throws UsageError when the file belongs to another pipeline or holds no finished run
 */
export async function reportPage(
  connection: Connection,
  pipeline: Pipeline,
  runId: string | undefined,
  now: number,
): Promise<{ runId: string; text: string }> {
  const folder = await first<{ pipeline: string | null }>(connection, 'SELECT pipeline FROM data_folder')
  if (folder?.pipeline && folder.pipeline !== pipeline.name) {
    throw new UsageError(
      `the data belong to the pipeline ${folder.pipeline}, not to ${pipeline.name}: give it with --pipeline`,
    )
  }
  const run = await readRun(connection, runId)
  if (!run) {
    const start = commandText(['run', '<list>'])
    throw new UsageError(`no run has ended yet, so there is nothing to report: start one with \`${start}\``)
  }
  const source = { connection, pipeline, runId: run.run_id, now }
  const creators = await creatorsSection(source)
  const sections = [
    { id: 'run', name: 'This run', body: await runSection(source, run) },
    { id: 'people', name: 'Who is in your lists', body: await peopleSection(source) },
    { id: 'movers', name: 'Top movers', body: await moversSection(source) },
    { id: 'changes', name: 'What changed', body: await changesSection(source) },
    { id: 'quality', name: 'Data quality', body: await qualitySection(source) },
    ...(creators ? [{ id: 'creators', name: 'Creators', body: creators }] : []),
  ]
  const started = minuteIn(pipeline.timeZone, run.started_at)
  const text = page({
    title: 'Creator report',
    about: html`${pipeline.title} · run of <b>${started}</b> (${pipeline.timeZone})`,
    simulated: run.simulated,
    sections,
    foot: html`<p>
      Run <code>${run.run_id}</code>. This page was made at ${minuteIn(pipeline.timeZone, now)} from creators.duckdb.
      Days and times are in ${pipeline.timeZone}. Profiles are personal data: protect this file as you protect the
      database.
    </p>`,
  })
  return { runId: run.run_id, text }
}
