import { pathExists } from '../../core/absent.js'
import type { Settings } from '../../config/settings.js'
import { isLoopback } from '../../config/loopback.js'
import { commandText } from '../../core/commandText.js'
import { first, openDatabase } from '../../core/duckdb.js'
import { BusyError, messageOf, UsageError } from '../../core/errors.js'
import { version } from '../../core/version.js'
import type { Layout } from '../../dataFolder/layout.js'
import { takeLock } from '../../dataFolder/lock.js'
import { readRunState } from '../../dataFolder/runStatus.js'
import { migrations } from '../../load/schema/migrations/all.js'
import { withPublished } from '../../publish/openPublished.js'
import { ok, warn, type CheckResult } from './check.js'

export async function checkLock(layout: Layout): Promise<CheckResult> {
  if (pathExists(layout.lock)) await (await takeLock(layout)).release()
  const { isCutOff } = readRunState(layout)
  if (isCutOff)
    return warn('free; the last run was cut off: run the same command again, which first loads the paid answers')
  return ok('free: no run is on')
}

export async function checkDatabase(layout: Layout, { api }: Pick<Settings, 'api'>): Promise<CheckResult> {
  if (!pathExists(layout.database)) return ok('none yet: the first run makes it')
  const about = await withPublished(layout, (connection) =>
    first<{ pipeline: string; simulated: boolean | null; schema_version: number; duckdb: string }>(
      connection,
      'SELECT pipeline, simulated, schema_version, version() AS duckdb FROM data_folder',
    ),
  )
  if (about === undefined)
    throw new Error(
      `${layout.database} has no row in data_folder: run \`${commandText(['replay', '--data', layout.data])}\``,
    )
  const { pipeline, simulated, schema_version: schema, duckdb } = about
  if (schema > migrations.length) {
    throw new Error(`${layout.database} was made by a newer creator-enrich (schema ${schema}): use that version`)
  }
  // Whether a server on this machine is the simulator shows when a run starts.
  const isHere = URL.canParse(api) && isLoopback(new URL(api).hostname)
  if (simulated !== null && !isHere && simulated !== (api === 'simulated')) {
    const [holds, given] = simulated ? ['simulated', 'real'] : ['real', 'simulated']
    throw new UsageError(
      `${layout.data} holds ${holds} data and takes no ${given} data: give another --data, or another --api`,
    )
  }
  await openWorking(layout)
  const kind = simulated ? 'SIMULATED DATA' : 'real data'
  return ok(`opens (DuckDB ${duckdb.replace('v', '')}, schema ${schema} of ${migrations.length}, ${pipeline}, ${kind})`)
}

/** Opens the working database, unless a run has it open. */
async function openWorking(layout: Layout): Promise<void> {
  if (!pathExists(layout.warehouse)) return
  let held
  try {
    held = await takeLock(layout)
  } catch (error) {
    if (error instanceof BusyError) return
    throw error
  }
  try {
    const working = await openDatabase(layout.warehouse, { readOnly: true })
    await first(working.connection, 'SELECT schema_version FROM data_folder').finally(() => working.close())
  } catch (cause) {
    throw new Error(
      `${layout.warehouse} cannot be opened (${messageOf(cause).split('\n')[0]}): the next run rebuilds it with no call`,
      { cause },
    )
  } finally {
    await held.release()
  }
}

/** Which version wrote the folder, and which clients can open its published file. */
export async function folderVersions(layout: Layout): Promise<CheckResult> {
  if (!pathExists(layout.database)) return ok('none yet')
  const about = await withPublished(layout, (connection) =>
    first<{ program: string | null; storage: string | null; schema_version: number }>(
      connection,
      `SELECT (SELECT arg_max(version, run_id) FROM runs) AS program, schema_version,
         (SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = current_database()) AS storage
       FROM data_folder`,
    ),
  )
  const { program = null, storage = null, schema_version: schema = 0 } = about ?? {}
  const found = `last run by creator-enrich ${program ?? '–'}, schema ${schema}, storage ${storage ?? '–'}`
  if (program !== null && isNewer(program, version))
    return warn(`${found}: newer than this one (${version}): use that version, older ones may not read what it wrote`)
  return schema < migrations.length
    ? ok(`${found}; the next run brings it to schema ${migrations.length} and keeps all rows`)
    : ok(found)
}

/** Compares versions such as 1.10.0 and 1.9.2. */
function isNewer(one: string, other: string): boolean {
  const numbers = (text: string): number[] => text.split(/[.-]/).slice(0, 3).map(Number)
  const [left, right] = [numbers(one), numbers(other)]
  const at = left.findIndex((number, index) => number !== right[index])
  return at >= 0 && left[at]! > (right[at] ?? 0)
}
