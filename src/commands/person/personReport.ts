import { join } from 'node:path'
import { count, labelLine, labelParts, plural } from '../../core/text.js'
import type { ErasureReceipt } from '../../privacy/erasures.js'

/** What the manifest of a person's folder says beside its list of files; `--json` prints it. */
export interface PersonReport {
  /** The folder, absolute. */
  readonly out: string
  readonly version: number
  readonly made_by: string
  readonly made_at: string
  /** The data folder, absolute. */
  readonly data: string
  readonly pipeline: string
  readonly simulated: boolean | null
  /** The newest run in the tables; null if nothing is published. */
  readonly published_run: string | null
  /** A run that was on: what it has fetched is among the calls, and not in the tables. */
  readonly run_in_progress: string | null
  /** Whether an earlier run was cut off: the same holds for its calls. */
  readonly cut_off: boolean
  readonly user_id: string
  readonly known: boolean
  /** Answers that were written. */
  readonly answers: number
  readonly calls: number
  /** Answers for this person that hold another person's profile, or may. */
  readonly withheld: number
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>
  /** Rows of lists, over all runs. */
  readonly list_rows: number
  readonly lists: readonly string[]
  readonly mentions: number
  /** Files of the data folder that name the person. */
  readonly held_in: number
  readonly unsearched: readonly { readonly path: string; readonly why: string }[]
  readonly forgotten: { readonly since: string; readonly erased: boolean } | null
  readonly erasures: readonly ErasureReceipt[]
  /** The number of files in the folder. */
  readonly files: number
}

/** The report as text for people; the id is only in the path. */
export function personSummary(report: PersonReport): string {
  const { out, known, files, answers, withheld, rows, lists, mentions, held_in: held, unsearched, forgotten } = report
  const lines: string[] = []
  if (!known) lines.push(labelLine('person', 'nothing is known of this person; the manifest says so'))
  else {
    const apart = withheld > 0 ? [`${plural(withheld, 'answer')} about another person left out`] : []
    const found = [plural(answers, 'answer'), plural(mentions, 'mention'), `named in ${plural(held, 'file')}`, ...apart]
    lines.push(labelParts('person', found))
    const tables = Object.entries(rows).map(([table, number]) => `${table} ${count(number)}`)
    if (tables.length > 0) lines.push(labelParts('rows', tables))
    if (lists.length > 0) lines.push(labelParts('lists', lists))
  }
  if (forgotten)
    lines.push(labelLine('forgotten', `since ${forgotten.since}${forgotten.erased ? '' : ', not complete'}`))
  if (report.run_in_progress !== null || report.cut_off)
    lines.push(labelLine('newer', 'a run is on, or left answers to load: they are in, the tables are older'))
  lines.push(...unsearched.map(({ path, why }, at) => labelLine(at === 0 ? 'unsearched' : '', `${path} (${why})`)))
  lines.push(labelLine('folder', `${out} (${plural(files, 'file')})`))
  lines.push(labelLine('manifest', join(out, 'manifest.json')))
  return `${lines.join('\n')}\n`
}
