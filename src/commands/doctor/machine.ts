import { statSync } from 'node:fs'
import { access, constants, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Settings } from '../../config/settings.js'
import { pathExists } from '../../core/absent.js'
import { first, openDatabase } from '../../core/duckdb.js'
import { LocalError, messageOf, UsageError } from '../../core/errors.js'
import { databaseMemory, MINIMUM_MB, thisMachine, type Machine } from '../../core/memory.js'
import { plural } from '../../core/text.js'
import { version } from '../../core/version.js'
import { requireOpen } from '../../dataFolder/isClosed.js'
import type { Layout } from '../../dataFolder/layout.js'
import { BYTES_AN_ID, checkFolders, foldersOf } from '../../dataFolder/preflight.js'
import { ok, warn, type CheckResult } from './check.js'

const LEAST_NODE = [20, 19] as const
/** With less free space the first thousand ids may not fit. */
const LITTLE_SPACE = 100e6
const MB = 1 << 20
/** What a run needs beside DuckDB. */
const NODE_MB = 200

export function checkNode(): CheckResult {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return ok(process.versions.node)
  throw new UsageError(`${process.versions.node} is too old: install Node ${LEAST_NODE.join('.')} or newer`)
}

/** What this machine runs; opening a database shows that DuckDB's library fits to it. */
export async function checkPrograms(): Promise<CheckResult> {
  const database = await openDatabase(':memory:', { threads: 1 })
  const row = await first<{ duckdb: string }>(database.connection, 'SELECT version() AS duckdb').finally(() =>
    database.close(),
  )
  return ok(`creator-enrich ${version}, DuckDB ${row!.duckdb.replace('v', '')}, ${process.platform} ${process.arch}`)
}

export function checkMemory(machine: Machine = thisMachine()): CheckResult {
  const database = databaseMemory(machine)
  const [free, total] = [machine.free, machine.total].map((bytes) => Math.floor(bytes / MB).toLocaleString('en-US'))
  const found = `${free} MB free of ${total} MB; DuckDB may use ${database.toLocaleString('en-US')} MB`
  if (machine.free / MB >= database + NODE_MB) return ok(found)
  return warn(
    `${found}, a run needs ${NODE_MB} MB more: end other programs, raise the container's limit, or give less with --memory (at least ${MINIMUM_MB}MB)`,
  )
}

/** Only existing folders are tried out: the first run makes the others. */
export async function checkFolder(layout: Layout): Promise<CheckResult> {
  requireOpen(layout)
  if (pathExists(layout.data)) {
    await checkFolders([layout.data, ...foldersOf(layout)].filter((path) => pathExists(path)))
    return ok(`${layout.data} can be written`)
  }
  const parent = existing(layout.data)
  await access(parent, constants.W_OK).catch((cause: unknown) => {
    throw new Error(`${parent} cannot be written (${messageOf(cause)}): make it writable, or give another --data`, {
      cause,
    })
  })
  return ok(`${layout.data} does not exist yet, and can be made`)
}

/** Nothing is made or changed: a log file that an environment or a config file names, for the commands that write one. */
export async function checkLogFile({ logFile }: Pick<Settings, 'logFile'>): Promise<CheckResult> {
  if (logFile === undefined) return ok('no file is set')
  const file = resolve(logFile)
  const place = existing(file)
  try {
    const isThere = place === file
    const found = statSync(place)
    if (isThere && found.isDirectory()) throw new Error('this is a folder')
    if (!isThere && !found.isDirectory()) throw new Error(`${place} is not a folder`)
    await access(place, isThere ? constants.W_OK : constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new LocalError(`--log-file ${file}: ${messageOf(cause)}: make it writable, or give another file`, { cause })
  }
  // Disks have room, devices such as /dev/stderr need none.
  const { bavail, blocks } = await statfs(place)
  if (blocks > 0 && bavail === 0) return warn(`${file} would lose its lines: the disk of ${place} is full; make room`)
  return ok(`${file} can be written`)
}

function existing(path: string): string {
  return pathExists(path) ? path : existing(dirname(path))
}

export async function checkSpace({ data }: Layout): Promise<CheckResult> {
  const { bavail, bsize } = await statfs(existing(data))
  const free = bavail * bsize
  const size = free < 1e9 ? `${Math.floor(free / 1e6)} MB` : `${(free / 1e9).toFixed(1)} GB`
  const room = `${size} free, room for about ${plural(Math.floor(free / BYTES_AN_ID), 'id')}`
  return free < LITTLE_SPACE ? warn(`${room}: make room`) : ok(room)
}
