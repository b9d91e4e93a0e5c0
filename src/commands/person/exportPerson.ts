import { dirname, relative, sep } from 'node:path'
import type { Settings } from '../../config/settings.js'
import { pathExists } from '../../core/absent.js'
import { UsageError } from '../../core/errors.js'
import { version } from '../../core/version.js'
import { requireOpen } from '../../dataFolder/isClosed.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { readRunState } from '../../dataFolder/runStatus.js'
import { answerReader } from '../../flatten/compile.js'
import type { Pipeline } from '../../model/pipeline.js'
import { erasuresOf, readErasures } from '../../privacy/erasures.js'
import { IdFinder } from '../../privacy/idFinder.js'
import { readTombstones, tombstoneOf } from '../../privacy/tombstones.js'
import { restorable, withPublished } from '../../publish/openPublished.js'
import type { Finding } from '../forget/searchFolder.js'
import { searchWithoutLock } from '../forget/searchWithoutLock.js'
import { writeAnswers, type PersonCalls } from './answers.js'
import { ExportFolder, type CsvRow } from './exportFolder.js'
import { MENTION_HEADER } from './mentions.js'
import type { PersonReport } from './personReport.js'
import { writeSealedRows } from './sealedRows.js'
import { writeStoredRows, type PersonRows } from './storedRows.js'
import { targetFolder } from './targetFolder.js'

export interface PersonJob {
  /** As the pipeline's `parseId` gives it. */
  readonly id: string
  readonly settings: Pick<Settings, 'data' | 'outDir' | 'noBom'>
  readonly pipeline: Pipeline
  readonly now: () => number
  /** Gets progress in words, without the id. */
  readonly log: (message: string) => void
}

/**
 * Writes all that the data folder knows of one person into a new folder with a manifest. Reads without the lock, changes
 * nothing in the data folder, and makes no call. Where nothing is known, the manifest says so.
 * @throws UsageError when there is no data folder, nothing is published yet, or the target cannot be taken
 * @throws LocalError when something cannot be read or written: no folder is left, because it would not be complete
 */
export async function exportPerson({ id, settings, pipeline, now, log }: PersonJob): Promise<PersonReport> {
  const layout = layoutOf(settings.data)
  await requireFolder(layout)
  requireOpen(layout)
  const madeAt = new Date(now()).toISOString()
  // Without the id: the path may get into logs.
  const out = await targetFolder(settings.outDir ?? `person-${madeAt.replace(/[-:]|\.\d+/g, '')}`, layout)
  const tombstone = tombstoneOf(await readTombstones(layout.forgotten), id)
  const erasures = erasuresOf(await readErasures(layout.erasures), id)
  const { status, isOn, isCutOff } = readRunState(layout)

  const folder = await ExportFolder.create(out, !settings.noBom)
  try {
    log(`reading the answers in ${layout.raw} and the journal`)
    const calls = await writeAnswers(id, layout, answerReader(pipeline), folder)
    const sealed = await writeSealedRows(id, layout.raw, pipeline, folder)
    const stored = pathExists(layout.database)
      ? await withPublished(layout, (connection) => writeStoredRows(connection, id, pipeline, calls, folder))
      : NOTHING_STORED
    const mentions = [...calls.mentions, ...sealed.mentions, ...stored.mentions]
    if (mentions.length > 0)
      await folder.csv(
        'mentions.csv',
        'where data about others name this person; what is about the others is left out',
        MENTION_HEADER,
        mentions,
      )
    log(`looking for this person in every file of ${layout.data}`)
    const findings = await searchWithoutLock(layout, IdFinder.of([id]), { skip: calls.searched })
    const held = heldRows(findings, calls, 'creators' in stored.rows, layout)
    if (held.length > 0)
      await folder.csv('held_in.csv', 'the files of the data folder that name this person', HELD_HEADER, held)

    const unsearched = findings.flatMap(({ path, unsearched: why }) => (why === undefined ? [] : [{ path, why }]))
    const known = calls.calls + sealed.rows + mentions.length + held.length > 0 || Object.keys(stored.rows).length > 0
    const report = {
      version: 1,
      made_by: `creator-enrich ${version}`,
      made_at: madeAt,
      data: layout.data,
      pipeline: pipeline.name,
      simulated: stored.simulated,
      published_run: stored.run,
      run_in_progress: isOn ? status!.run_id : null,
      cut_off: isCutOff,
      user_id: id,
      known,
      answers: calls.answers,
      calls: calls.calls,
      withheld: calls.withheld,
      rows: stored.rows,
      list_rows: sealed.rows,
      lists: stored.lists,
      mentions: mentions.length,
      held_in: held.length,
      unsearched,
      forgotten: tombstone ?? null,
      erasures,
    } as const
    await folder.finish(report)
    return { out, ...report, files: folder.files.length }
  } catch (error) {
    await folder.abandon()
    throw error
  }
}

const NOTHING_STORED: PersonRows = { run: null, simulated: null, rows: {}, lists: [], mentions: [] }

/** @throws UsageError where "nothing is known" would only mean that the folder is the wrong one, or not complete */
async function requireFolder(layout: Layout): Promise<void> {
  const { data, state, raw, database } = layout
  if (!pathExists(state) && !pathExists(raw) && !pathExists(database))
    throw new UsageError(`${data} is not a data folder: it has neither raw/ nor state/; give another one with --data`)
  if (!pathExists(database)) {
    const error = await restorable(layout)
    if (error) throw error
  }
}

const HELD_HEADER = ['path', 'kind']

/**
 * The working database and the workbooks are not searched: they hold what the published file and the CSV files beside them hold.
 * @param isStored whether the person has a row among all creators
 */
function heldRows(findings: readonly Finding[], { named }: PersonCalls, isStored: boolean, layout: Layout): CsvRow[] {
  const found = [...findings.filter(({ names }) => names).map(({ path }) => path), ...named]
  const books = found
    .filter((path) => dirname(path) === layout.exports && path.endsWith('.csv'))
    .map((path) => path.replace(/csv$/, 'xlsx'))
  const unsearched = [...(isStored ? [layout.warehouse] : []), ...books].filter((path) => pathExists(path))
  return [...new Set([...found, ...unsearched])]
    .sort()
    .map((path) => [relative(layout.data, path).split(sep).join('/'), kindOf(path, layout)])
}

function kindOf(path: string, layout: Layout): string {
  const kinds: readonly [folder: string, kind: string][] = [
    [layout.exports, 'export'],
    [layout.reports, 'report'],
    [layout.metrics, 'metrics'],
    [layout.published, 'published database'],
    [layout.raw, 'archive'],
    [layout.journal, 'journal'],
    [layout.state, 'working file'],
  ]
  return kinds.find(([folder]) => path.startsWith(folder + sep))?.[1] ?? 'other file'
}
