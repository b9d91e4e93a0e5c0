import type { Settings } from '../../config/settings.js'
import { pathExists } from '../../core/absent.js'
import { EXIT } from '../../core/errors.js'
import { count, labelLine, plural } from '../../core/text.js'
import { isOurs } from '../../dataFolder/files.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { peopleInFleet } from '../../fleet/namedBodies.js'
import { erasuresOf, readErasures, type ErasureReceipt } from '../../privacy/erasures.js'
import { IdFinder } from '../../privacy/idFinder.js'
import { readTombstones, tombstoneState } from '../../privacy/tombstones.js'
import { nothingIn } from './forget.js'
import { otherFiles, type OtherFiles } from './searchFolder.js'
import { searchWithoutLock } from './searchWithoutLock.js'
import { withOwnFleet } from './withOwnFleet.js'

/** What is known about the erasure of one person; the id is not in it. */
export interface CheckedPerson {
  /** Place in the command, from 1. */
  readonly person: number
  /** Whether a receipt says that an erasure was completed, and nothing of ours names the person now. */
  readonly erased: boolean
  /** Whether a tombstone keeps the person out. */
  readonly kept_out: boolean
  readonly receipts: readonly ErasureReceipt[]
}

/** The result of `forget --check`, without ids; `--json` prints it. */
export interface ErasureCheck extends OtherFiles {
  readonly exit_code: number
  readonly data: string
  readonly people: readonly CheckedPerson[]
  /** Files of ours that name one of them, absolute. */
  readonly named: readonly string[]
  /** Whom the database of the folder's fleet knows, and what of it could not be reached; absent for a folder in no fleet. */
  readonly fleet?: { readonly people: number; readonly unreached: readonly string[] }
}

/**
 * Shows the receipts of people's erasure, and searches the folder for them again. Changes nothing, takes no lock.
 * @throws UsageError when there is no data folder
 * @throws LocalError when receipts, tombstones or a file of ours cannot be read
 */
export async function checkErased(
  ids: readonly string[],
  settings: Pick<Settings, 'data' | 'databaseUrl'>,
): Promise<ErasureCheck> {
  const layout = layoutOf(settings.data)
  if (!pathExists(layout.state) && !pathExists(layout.raw)) throw nothingIn(layout)
  const erasures = await readErasures(layout.erasures)
  const tombstones = await readTombstones(layout.forgotten)
  const finder = IdFinder.of(ids)
  const findings = await searchWithoutLock(layout, finder)
  const ours = findings.filter(({ path, names }) => names && isOurs(path, layout))
  const inOurs = new Set<string>()
  if (ours.length > 0) {
    const skip = new Set(findings.filter((each) => !ours.includes(each)).map(({ path }) => path))
    await searchWithoutLock(layout, finder, { found: inOurs, skip })
  }
  let unreached: readonly string[] = []
  const inFleet = await withOwnFleet(
    settings,
    layout,
    (database) => peopleInFleet(database, ids),
    (what) => {
      unreached = [what]
      return new Set<string>()
    },
    true,
  )
  const people = ids.map((id, at): CheckedPerson => {
    const receipts = erasuresOf(erasures, id)
    const isComplete = receipts.some(({ finished_at: finished }) => finished !== undefined)
    return {
      person: at + 1,
      erased: isComplete && !inOurs.has(id.toLowerCase()) && !inFleet?.has(id),
      kept_out: tombstoneState(tombstones, id) !== 'unknown',
      receipts,
    }
  })
  const hidden = (text: string): string => finder.takeOut(text)
  const { others, unsearched } = otherFiles(findings, layout)
  return {
    exit_code: !people.every(({ erased }) => erased) ? EXIT.differs : unreached.length > 0 ? EXIT.local : EXIT.done,
    data: hidden(layout.data),
    people,
    named: ours.map(({ path }) => hidden(path)),
    ...(inFleet ? { fleet: { people: inFleet.size, unreached } } : {}),
    others: others.map(hidden),
    unsearched: unsearched.map(({ path, why }) => ({ path: hidden(path), why: hidden(why) })),
  }
}

/** The check as text for people. */
export function checkText({ people, named, fleet, others, unsearched }: ErasureCheck): string {
  const lines = [
    ...people.flatMap(personLines),
    ...named.map((path, at) => labelLine(at === 0 ? 'named in' : '', path)),
    ...(fleet && fleet.people > 0 ? [labelLine('fleet', `its database names ${count(fleet.people)} of them`)] : []),
    ...(fleet?.unreached ?? []).map((what) => labelLine('unreached', what)),
    ...others.map((path, at) => labelLine(at === 0 ? 'yours' : '', `${path} names them: edit or remove the file`)),
    ...unsearched.map(({ path, why }, at) =>
      labelLine(at === 0 ? 'unsearched' : '', `${path} may name them: check it yourself (${why})`),
    ),
  ]
  return `${lines.join('\n')}\n`
}

function personLines({ person, erased, kept_out: out, receipts }: CheckedPerson): string[] {
  const label = `person ${person}`
  const remedy = receipts.length === 0 ? 'no receipt of an erasure' : 'not erased'
  const verdict = erased ? 'erased: nothing of this folder names the person' : `${remedy}: run forget with this id`
  return [
    labelLine(label, `${verdict}; ${out ? 'kept out' : 'not kept out (no tombstone)'}`),
    ...receipts.map((receipt) => labelLine('', receiptText(receipt))),
  ]
}

function receiptText({ started_at: started, finished_at: finished, verified, files }: ErasureReceipt): string {
  if (finished === undefined) return `${started} begun and interrupted: run forget with the same ids again`
  const others = (verified?.named ?? 0) + (verified?.unsearched ?? 0)
  const rest = others === 0 ? 'none named them' : `${plural(others, 'other file')} named them, or could not be searched`
  return `${finished} ${plural(files.length, 'file')} touched; every file was searched again: ${rest}`
}
