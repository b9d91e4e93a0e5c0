import { commandText } from '../core/commandText.js'
import { first, type Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import type { Language } from '../model/language.js'
import type { Pipeline } from '../model/pipeline.js'
import { includedPipeline } from '../publish/copyIncluded.js'
import { minuteIn } from './figures.js'
import { html, type Html } from './html.js'
import { readListFigures } from './listFigures.js'
import { page } from './page.js'
import { readRun, type RunRow } from './runRow.js'
import { changesSection } from './sections/changes.js'
import { creatorsSection } from './sections/creators.js'
import { growthSection } from './sections/growth.js'
import { listsSection } from './sections/lists.js'
import { moversSection } from './sections/movers.js'
import { operatorSection } from './sections/operator/operator.js'
import { stopNote } from './sections/operator/outcome.js'
import { peopleSection } from './sections/people.js'
import { summarySection } from './sections/summary.js'
import { pageText } from './text/pageText.js'
import { openPeople, type ReportList, type ReportSource } from './source.js'

/**
 * The report of a run as HTML, from the tables and views that analysts use.
 * @param runId the run that the operator's part describes; undefined: the newest
 * @throws UsageError when the file belongs to another pipeline or holds no finished run
 */
export async function reportPage(
  connection: Connection,
  pipeline: Pipeline,
  lang: Language,
  runId?: string,
): Promise<{ runId: string; text: string }> {
  await checkPipeline(connection, pipeline)
  const run = await readRun(connection, runId)
  if (!run) {
    const start = commandText(['run', '<list>'])
    throw new UsageError(`no run has ended yet, so there is nothing to report: start one with \`${start}\``)
  }
  const included = await includedPipeline(connection)
  const source = {
    connection,
    pipeline,
    lang,
    words: pipeline.words?.[lang] ?? {},
    list: undefined,
    people: await openPeople(connection, undefined, included),
    included,
  }
  const text = pageText[lang]
  const started = minuteIn(pipeline.timeZone, run.started_at)
  const content = page({
    lang,
    title: text.title,
    about: text.aboutRun(source.words.title ?? pipeline.title, started, pipeline.timeZone),
    simulated: run.simulated,
    note: stopNote(run, pipeline.timeZone, lang),
    sections: await sections(source, 'creators', run),
    foot: html`${text.run(run.run_id)} ${text.foot(pipeline.timeZone)}`,
  })
  return { runId: run.run_id, text: content }
}

/**
 * The report of one list for people outside: no money, nothing about runs, no other list.
 * @param fileName of files that the reader downloads from the page
 * @throws UsageError when the file belongs to another pipeline
 */
export async function listReportPage(
  connection: Connection,
  pipeline: Pipeline,
  list: ReportList,
  fileName: string,
  lang: Language,
): Promise<string> {
  await checkPipeline(connection, pipeline)
  const { timeZone } = pipeline
  const text = pageText[lang]
  const words = pipeline.words?.[lang] ?? {}
  const included = await includedPipeline(connection)
  const people = await openPeople(connection, list.name, included)
  const folder = await first<{ simulated: boolean | null }>(connection, 'SELECT simulated FROM data_folder')
  const time = people.newestAt === null ? undefined : minuteIn(timeZone, people.newestAt)
  return page({
    lang,
    title: list.name,
    about: time === undefined ? text.title : text.aboutList(time, timeZone),
    simulated: folder?.simulated === true,
    note: false,
    sections: await sections({ connection, pipeline, lang, words, list, people, included }, fileName),
    foot: html`${text.foot(timeZone)}`,
  })
}

async function checkPipeline(connection: Connection, pipeline: Pipeline): Promise<void> {
  const folder = await first<{ pipeline: string | null }>(connection, 'SELECT pipeline FROM data_folder')
  if (folder?.pipeline && folder.pipeline !== pipeline.name) {
    throw new UsageError(
      `the data belong to the pipeline ${folder.pipeline}, not to ${pipeline.name}: give another folder with --data`,
    )
  }
}

/** The sections in their order, without those that have nothing to say; the operator's only with a run. */
async function sections(
  source: ReportSource,
  fileName: string,
  run?: RunRow,
): Promise<{ id: string; name: string; body: Html }[]> {
  const { names } = pageText[source.lang]
  const lists = await readListFigures(source)
  const bodies: Record<keyof typeof names, Html | false> = {
    summary: summarySection(source),
    growth: await growthSection(source, lists),
    lists: run ? await listsSection(source, lists) : false,
    people: await peopleSection(source),
    movers: await moversSection(source),
    changes: await changesSection(source),
    creators: await creatorsSection(source, fileName),
    operator: run ? await operatorSection(source, run) : false,
  }
  return Object.entries(bodies).flatMap(([id, body]) =>
    body ? [{ id, name: names[id as keyof typeof bodies], body }] : [],
  )
}
