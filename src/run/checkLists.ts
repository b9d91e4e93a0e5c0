import { join } from 'node:path'
import { all, type Connection } from '../core/duckdb.js'
import type { Effects } from '../core/effects.js'
import { UsageError } from '../core/errors.js'
import { plural } from '../core/text.js'
import type { Layout } from '../dataFolder/layout.js'
import { fileNames } from '../export/exportedFile.js'
import { readListChanges, type ListChange } from '../load/listChanges.js'
import { changeText } from '../model/receipt.js'
import type { NamedInput } from '../read/readInput.js'
import type { OpenRun } from './openRun.js'

/** A tracked list must keep this share of its ids; a smaller loss than `FEWEST_LOST` is never refused. */
const KEPT_SHARE = 0.5
const FEWEST_LOST = 10
/** A list that loses at least this share of its ids gets a warning. */
const WARNED_SHARE = 0.2

/** Logs what these inputs change in the stored lists. The TEMP table `members` holds their rows. */
export async function logListChanges(
  connection: Connection,
  inputs: readonly NamedInput[],
  { log }: Pick<Effects, 'log'>,
): Promise<ListChange[]> {
  const changes = await readListChanges(
    connection,
    inputs.map(({ name }) => name),
  )
  for (const change of changes) {
    const { list, before, added, removed } = change
    const fields = { list, before, added, removed }
    if (before === 0 || removed < before * WARNED_SHARE) log('info', changeText(change), 'list_changed', fields)
    else {
      log('warn', `${changeText(change)}: it loses ${removed} of its ${plural(before, 'id')}`, 'list_shrank', fields)
    }
  }
  return changes
}

/**
 * Checks what the run replaces in the stored lists, before the first call.
 * @throws UsageError when a tracked list would lose most of its ids, without `--replace`
 */
export async function checkLists(
  { settings, layout, effects }: OpenRun,
  connection: Connection,
  inputs: readonly NamedInput[],
): Promise<void> {
  const changes = await logListChanges(connection, inputs, effects)
  const refused = settings.replace ? undefined : await refusedChange(connection, changes, inputs, layout)
  if (refused) throw refused
}

/**
 * Finds a tracked list that would lose so much that its file is likely to be a wrong one.
 * @returns the error; undefined when every list may be replaced
 */
export async function refusedChange(
  connection: Connection,
  changes: readonly ListChange[],
  inputs: readonly NamedInput[],
  { exports }: Layout,
): Promise<UsageError | undefined> {
  const change = changes.find(losesTooMuch)
  if (change === undefined) return undefined
  const { list, before, removed } = change
  const source = inputs.find(({ name }) => name === list)!.source
  const stored = await all<{ list: string }>(connection, 'SELECT list FROM lists ORDER BY first_read_at, list')
  const file = fileNames(stored.map((each) => each.list)).get(list)!
  return new UsageError(
    `${source}: the tracked list ${list} would lose ${removed} of its ${plural(before, 'id')}; the stored list was not changed. If this is another list, name it with --list; if the new rows are right, add --replace. To restore the old file, copy ${join(exports, `${file}.enriched.csv`)}, which has its rows, and run the copy with --list ${list}`,
  )
}

function losesTooMuch({ tracked, before, removed }: ListChange): boolean {
  return tracked && removed >= FEWEST_LOST && removed > before * KEPT_SHARE
}
