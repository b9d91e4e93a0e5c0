import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { LogLevel } from '../core/effects.js'
import { LocalError, messageOf } from '../core/errors.js'
import { fileMode, folderMode } from '../core/fileModes.js'

/** A file of log messages: a time (UTC), a level and a message on each line (more lines of it are indented), appended at once, so that a crash loses nothing. */
export interface LogFile {
  append(level: LogLevel, message: string): void
}

/** Not mkdir's `recursive`, which may never return: see `makeFolder` of core/atomicFile.ts. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (!existsSync(parent)) makeFolder(parent)
  mkdirSync(folder, folderMode('private'))
}

/**
 * Opens a log file, and makes its folder. When the disk is full later, the run goes on without the rest of the log.
 * @param onLoss called once, with the reason, when the file cannot be written any more
 * @throws LocalError when the file cannot be opened
 */
export function openLogFile(path: string, onLoss: (message: string) => void): LogFile {
  const file = resolve(path)
  try {
    makeFolder(dirname(file))
    // A file that exists keeps its mode, and a link is followed: the user chose it.
    appendFileSync(file, '', { mode: fileMode('private') })
  } catch (cause) {
    throw new LocalError(`--log-file ${file}: ${messageOf(cause)}; nothing was sent: give another file`, { cause })
  }
  let lost = false
  return {
    append(level, message) {
      if (lost) return
      try {
        appendFileSync(file, `${new Date().toISOString()} ${level} ${message}\n`)
      } catch (error) {
        lost = true
        onLoss(`${file} cannot be written any more: ${messageOf(error)}`)
      }
    },
  }
}
