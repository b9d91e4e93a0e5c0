import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { LogLevel } from '../core/effects.js'
import { LocalError, messageOf } from '../core/errors.js'

/** Where narration is kept: an instant (UTC), a level and a message a line, appended at once, so that a crash loses nothing. */
export interface LogFile {
  append(level: LogLevel, message: string): void
}

/** See the one of atomicFile: mkdir's own `recursive` may never come back. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (!existsSync(parent)) makeFolder(parent)
  mkdirSync(folder)
}

/**
 * Opens a file for narration, and its folder. A disk that is full later does not stop a run: the rest of the log is lost,
 * said once.
 * @param onLoss is told why nothing more is kept
 * @throws LocalError when it cannot be written to begin with
 */
export function openLogFile(path: string, onLoss: (message: string) => void): LogFile {
  const file = resolve(path)
  try {
    makeFolder(dirname(file))
    appendFileSync(file, '')
  } catch (cause) {
    throw new LocalError(`--log-file ${file}: ${messageOf(cause)}; nothing was sent: give another file`, { cause })
  }
  let lost = false
  return {
    append(level, message) {
      if (lost) return
      try {
        appendFileSync(file, `${new Date().toISOString()} ${level} ${message.replaceAll('\n', '\n  ')}\n`)
      } catch (error) {
        lost = true
        onLoss(`${file} cannot be written any more: ${messageOf(error)}`)
      }
    },
  }
}
