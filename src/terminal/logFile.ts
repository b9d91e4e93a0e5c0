import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isAbsent } from '../core/absent.js'
import { LocalError, messageOf } from '../core/errors.js'
import { fileMode, folderMode } from '../core/fileModes.js'
import type { LogEvent } from '../core/logEvents.js'
import { plural } from '../core/text.js'
import { runIdAt } from '../core/time.js'

/** A command that finds its log file larger than this renames it first. */
export const ROTATED_BYTES = 10_000_000
/** Renamed files that are kept. */
const KEPT = 4

/** What a log file could not do. */
export interface LogTrouble {
  readonly event: LogEvent
  readonly message: string
}

export interface LogFile {
  /** Appends one line. Never fails: lines that cannot be written are counted, and the next one is tried again. */
  append(line: string): void
  /** Reports the first lost line, the number of lost lines when there is room again, and what went wrong before. */
  reportTo(report: (trouble: LogTrouble) => void): void
}

/**
 * Opens a log file, and makes its folder. Each line opens the file again: a file that was renamed or removed meanwhile, as by
 * logrotate, is made again, and a crash loses no line.
 * @throws LocalError when the file cannot be opened
 */
export function openLogFile(path: string, now = Date.now()): LogFile {
  const file = resolve(path)
  try {
    makeFolder(dirname(file))
    // A file that exists keeps its mode, and a link is followed: the user chose it.
    appendFileSync(file, '', { mode: fileMode('private') })
  } catch (cause) {
    throw new LocalError(`--log-file ${file}: ${messageOf(cause)}; nothing was sent: give another file`, { cause })
  }
  const before: LogTrouble[] = []
  let report = (trouble: LogTrouble): void => void before.push(trouble)
  try {
    rotate(realpathSync(file), now)
  } catch (error) {
    const message = `${file} is large and cannot be renamed: ${messageOf(error)}; it grows on`
    // Another command that starts now may have renamed it.
    if (!isAbsent(error)) report({ event: 'log_not_rotated', message })
  }
  let lost = 0
  let isWhole = endsWithLine(file)
  const write = (line: string): void => {
    isWhole = isWhole || endsWithLine(file)
    appendFileSync(file, isWhole ? line : `\n${line}`, { mode: fileMode('private') })
    isWhole = true
  }
  return {
    append(line) {
      try {
        write(line)
      } catch (error) {
        // A part of the line may be in the file.
        isWhole = false
        lost += 1
        const message = `${file} cannot be written any more: ${messageOf(error)}; the command goes on without it`
        if (lost === 1) report({ event: 'log_lost', message })
        return
      }
      if (lost === 0) return
      const message = `${file} can be written again; ${plural(lost, 'line')} lost`
      lost = 0
      report({ event: 'log_lost', message })
    },
    reportTo(given) {
      report = given
      before.splice(0).forEach(given)
    },
  }
}

/** Not mkdir's `recursive`, which may never return: see `makeFolder` of core/atomicFile.ts. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (!existsSync(parent)) makeFolder(parent)
  mkdirSync(folder, folderMode('private'))
}

/** Renames a large file to a name of its own, so that two commands that start at once overwrite nothing. */
function rotate(file: string, now: number): void {
  const stats = statSync(file)
  if (!stats.isFile() || stats.size <= ROTATED_BYTES) return
  renameSync(file, `${file}.${runIdAt(now, Math.random())}`)
  appendFileSync(file, '', { mode: stats.mode & 0o777 })
  const [folder, prefix] = [dirname(file), `${basename(file)}.`]
  const rotated = readdirSync(folder).filter(
    (name) => name.startsWith(prefix) && /^\d{8}T\d{6}Z-[0-9a-f]{4}$/.test(name.slice(prefix.length)),
  )
  for (const name of rotated.sort().slice(0, -KEPT)) rmSync(join(folder, name), { force: true })
}

/** Whether the next line may follow: another program, or a full disk, may have left a part of a line. */
function endsWithLine(file: string): boolean {
  try {
    const stats = statSync(file)
    if (!stats.isFile() || stats.size === 0) return true
    const last = Buffer.alloc(1)
    const opened = openSync(file, 'r')
    try {
      readSync(opened, last, 0, 1, stats.size - 1)
    } finally {
      closeSync(opened)
    }
    return last.toString('latin1') === '\n'
  } catch {
    return !existsSync(file)
  }
}
