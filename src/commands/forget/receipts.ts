import { relative, sep } from 'node:path'
import type { Effects } from '../../core/effects.js'
import type { Layout } from '../../dataFolder/layout.js'
import { erasuresOf, finishErasure, type Erasures, type TouchedFile } from '../../privacy/erasures.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import { tombstoneOf, type Tombstones } from '../../privacy/tombstones.js'
import type { ForgetReport } from './forgetReport.js'

/** What the receipt of an erasure is made from, besides its result. */
interface Receipted {
  readonly layout: Layout
  readonly finder: IdFinder
  readonly effects: Pick<Effects, 'now'>
}

/** Whether no receipt says that the erasure was completed which the tombstone stands for. */
export function lacksReceipt(id: string, tombstones: Tombstones, receipts: Erasures): boolean {
  const since = tombstoneOf(tombstones, id)?.since
  return (
    since === undefined || !erasuresOf(receipts, id).some(({ finished_at: end }) => end !== undefined && end >= since)
  )
}

/** The receipts with that of this erasure closed: every file was searched again. */
export function closedReceipts(
  receipts: Erasures,
  ids: readonly string[],
  files: readonly TouchedFile[],
  { others, unsearched }: Pick<ForgetReport, 'others' | 'unsearched'>,
  { effects }: Receipted,
  keepPeople?: true,
): Erasures {
  const verified = { named: others.length, unsearched: unsearched.length }
  return finishErasure(receipts, ids, { files: [...files], verified }, effects.now(), keepPeople)
}

export function touchedBy(
  paths: readonly string[],
  how: TouchedFile['how'],
  { layout, finder }: Receipted,
): TouchedFile[] {
  return paths.map((path) => ({ path: finder.takeOut(relative(layout.data, path).split(sep).join('/')), how }))
}

export function touchedIn({ removed = [], files }: Partial<ForgetReport>, erasure: Receipted): TouchedFile[] {
  const rebuilt = [erasure.layout.warehouse, ...(files ? [files.database, ...files.exports] : [])]
  return [...touchedBy(rebuilt, 'rebuilt', erasure), ...touchedBy(removed, 'removed', erasure)]
}
