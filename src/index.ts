/**
 * The library: the command `run` for other programs. Everything else is reached through the command line, or by opening the
 * published database.
 */
export { runWithOptions as run } from './commands/run/runWithOptions.js'
export type { MessageLogger, RunOptions } from './commands/run/runWithOptions.js'
export type { NamedOptions } from './commands/run/namedOptions.js'
export { BusyError, EXIT, LocalError, RunError, StoppedError, UsageError } from './core/errors.js'
export { version } from './core/version.js'
export type {
  CodeCount,
  Counts,
  DayReceipt,
  DriftReceipt,
  ListReceipt,
  PublishedFiles,
  ReasonCount,
  Receipt,
  RowStatus,
  StopNotice,
} from './model/receipt.js'
