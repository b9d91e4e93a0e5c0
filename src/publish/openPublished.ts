import { readdir, realpath, stat } from 'node:fs/promises'
import { isAbsent, pathExists, requireReadable } from '../core/absent.js'
import { commandText } from '../core/commandText.js'
import { isOutOfMemory, openDatabase, type Connection } from '../core/duckdb.js'
import { LocalError, messageOf, RunError, UsageError } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import { readRunState } from '../dataFolder/runStatus.js'
import { withSpill } from '../dataFolder/spill.js'
import { describeSealedRuns } from '../raw/sealedRuns.js'

/**
 * Lets `work` read the published file as an analyst does: without the lock, and also during a run. If another file is
 * published meanwhile, `work` still reads the old one.
 * @throws UsageError when nothing is published yet, or only by an older version
 */
export async function withPublished<T>(layout: Layout, work: (connection: Connection) => Promise<T>): Promise<T> {
  await checkPublished(layout)
  try {
    return await withSpill(layout, async (folder) => {
      // The link is resolved: beside the real file no other program writes a change log.
      const options = { readOnly: true, ...(folder === undefined ? {} : { tempDirectory: folder }) }
      const published = await openDatabase(await realpath(layout.database), options)
      try {
        return await work(published.connection)
      } finally {
        await published.close()
      }
    })
  } catch (error) {
    throw await whyNotRead(error, layout)
  }
}

/** What an error of reading the published file means, with a remedy; the error itself if that is not known. */
export async function whyNotRead(error: unknown, layout: Layout): Promise<unknown> {
  const { data, database, spill } = layout
  if (error instanceof RunError) return error
  const [line = ''] = messageOf(error).split('\n')
  if (/^(Catalog Error: Table|Binder Error: .* does not have a column)/.test(line)) {
    return new UsageError(
      `${database} was published by an older creator-enrich (${line}): \`${commandText(['replay', '--data', data])}\` brings it up to date, with no call`,
      { cause: error },
    )
  }
  if (/^(IO|Serialization|Invalid) Error|not a valid DuckDB/.test(line)) {
    const remedy = (await isReplayable(layout))
      ? `\`${commandText(['replay', '--data', data])}\` publishes it again, with no call`
      : 'raw/ and state/journal/ hold nothing to make it of: restore them, or the file, from a backup'
    return new LocalError(`${database} cannot be read: ${line}; ${remedy}`, { cause: error })
  }
  if (isOutOfMemory(error)) {
    return new LocalError(
      `${database} is too large to be read with this memory and the space in ${spill}: make room there, or select fewer columns or rows`,
      { cause: error },
    )
  }
  return error
}

/** Whether there is anything that `replay` would read. What cannot be looked at may hold something. */
async function isReplayable({ raw, journal }: Layout): Promise<boolean> {
  try {
    return (await describeSealedRuns(raw)) !== undefined || (await readdir(journal)).length > 0
  } catch (error) {
    return !isAbsent(error)
  }
}

/** @throws UsageError when there is nothing to read from; it says what brings it back, or makes it */
export async function checkPublished(layout: Layout): Promise<void> {
  if (pathExists(layout.database)) return requireReadable(layout.database)
  const { data } = layout
  throw (
    (await restorable(layout)) ??
    new UsageError(
      `${data} has no published file yet: ${isRunOn(layout) ? 'the run that is on makes one at its end' : `\`${commandText(['run', '<list>', '--data', data])}\` makes one`}; or give another folder with --data`,
    )
  )
}

function isRunOn(layout: Layout): boolean {
  try {
    return readRunState(layout).isOn
  } catch {
    // What cannot be read, such as the state of another user's folder, does not change that nothing is published.
    return false
  }
}

/**
 * Why nothing is published although `raw/` holds runs: it was put back from a backup. Undefined when `raw/` is empty.
 * @throws UsageError when a file is given in place of the data folder, such as the database in it
 */
export async function restorable({ data, raw }: Layout): Promise<UsageError | undefined> {
  if (pathExists(data) && !(await stat(data)).isDirectory())
    throw new UsageError(`${data} is a file: give the data folder with --data`)
  const sealed = await describeSealedRuns(raw)
  if (sealed === undefined) return undefined
  return new UsageError(
    `${data} has no published file, but ${sealed}: \`${commandText(['replay', '--data', data])}\` brings everything back, with no call`,
  )
}
