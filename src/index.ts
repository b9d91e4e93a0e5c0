/**
 * The library: the command `run` for other programs, and what a pipeline of one's own is made of. Everything else is reached through the command line, or by opening the
 * published database.
 */
export { runWithOptions as run } from './commands/run/runWithOptions.js'
export type { MessageLogger, RunOptions } from './commands/run/runWithOptions.js'
export type { NamedOptions } from './commands/run/namedOptions.js'
export { BusyError, EXIT, LocalError, RunError, StoppedError, UsageError } from './core/errors.js'
export { version } from './core/version.js'
export { definePipeline } from './load/schema/definePipeline.js'
export { tryPipeline, type ReadTry } from './load/schema/tryPipeline.js'
export { readNumber } from './model/readNumber.js'
export type { IdSyntax } from './model/idParser.js'
export type { Anomaly, ChildTable, Column, ParsedId, Profile, Row, SimulatedAnswers } from './model/pipeline.js'
export type { PipelineDefinition } from './model/pipelineDefinition.js'
export type { ProfilePlace } from './model/profileAt.js'
export type { RequestSpec } from './model/requestSpec.js'
export type { Resolvable, Resolved, Resolver } from './model/resolver.js'
export type { CodeRule, CodeTable, Vendor } from './model/vendor.js'
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
