import { createRequire } from 'node:module'
import type * as Pino from 'pino'
import type { LogLevel } from '../core/effects.js'
import type { LogEvent, LogFields } from '../core/logEvents.js'
import { visibleText } from '../core/text.js'

/** What every record of a process holds. */
export interface LogBase {
  /** Of this start; that of a run is the id of the run. */
  readonly run_id: string
  readonly command: string
}

/** A log message as one JSON object in a line. */
export type LogRecord = (level: LogLevel, event: LogEvent, message: string, fields: LogFields) => string

/**
 * Records by pino, in this process: a worker or a buffer would lose the last lines of a crash. Its destination only hands
 * over the line, as the same line may go to the log file and to stderr.
 */
export function logRecord(base: LogBase): LogRecord {
  // Imported only where records are written: the import takes longer than `--help`.
  const { pino } = createRequire(import.meta.url)('pino') as typeof Pino
  let written = ''
  const logger = pino(
    {
      level: 'debug',
      base: { ...base, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    // A character that a terminal would obey is written as its escape, so the record stays the same.
    { write: (line) => (written = visibleText(line)) },
  )
  return (level, event, message, fields) => {
    logger[level]({ event, ...fields }, message)
    return written
  }
}
