import type { Log, LogLevel } from '../core/effects.js'
import { CONSENTED, type LogEvent, type LogFields, type LogValue } from '../core/logEvents.js'
import type { Redact } from '../core/redact.js'
import { visibleText } from '../core/text.js'
import type { LogRecord } from './logRecords.js'
import { wrap } from './wrap.js'

const ORDER: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const PREFIX: Record<LogLevel, string> = { debug: 'debug: ', info: '', warn: 'warning: ', error: 'error: ' }

/** Where log messages go, such as process.stderr. */
export interface Sink {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** A longer message, such as one that quotes a file, is cut. */
const LONGEST = 16_384

/** Where records go. */
export interface RecordTargets {
  readonly record: LogRecord
  /** The log file, and the least level that it keeps, whatever is shown. */
  readonly file?: { append(line: string): void; readonly kept: LogLevel } | undefined
  /** Whether records are shown, in place of lines for people. */
  readonly shown: boolean
}

/**
 * The one way of logging. A message is shown as a line for people (or as a record), and kept as a record in the log file.
 * The token is taken out of both, and user ids out of every record above debug. On a terminal one live line is kept below.
 */
export class Logger {
  private live = ''
  private readonly least: number
  private hideIds: Redact = (text) => text
  private readonly warned = new Set<LogEvent>()

  constructor(
    private readonly sink: Sink,
    level: LogLevel,
    private readonly redact: Redact,
    private readonly records?: RecordTargets,
  ) {
    this.least = ORDER.indexOf(level)
  }

  get isTerminal(): boolean {
    return this.sink.isTTY === true && !this.records?.shown
  }

  get columns(): number {
    return this.sink.columns || 80
  }

  /** Whether anything is written as records. */
  get hasRecords(): boolean {
    return this.records !== undefined
  }

  /** The warnings that need a look, each once, in the order in which they came. */
  get warnings(): readonly LogEvent[] {
    return [...this.warned]
  }

  /** Takes user ids out of records from now on. */
  withoutIds(hideIds: Redact): void {
    this.hideIds = hideIds
  }

  readonly log: Log = (level, message, event = 'note', fields = {}) => {
    this.record(level, message, event, fields)
    if (!this.records?.shown && this.isShown(level)) this.display(PREFIX[level] + message)
  }

  /** Logs a message that people need not read: it becomes a record only. A warning counts as one. */
  readonly record: Log = (level, message, event = 'note', fields = {}) => {
    if (level === 'warn' && !CONSENTED.includes(event)) this.warned.add(event)
    if (!this.records) return
    const { file, shown } = this.records
    const isKept = file !== undefined && ORDER.indexOf(level) >= ORDER.indexOf(file.kept)
    const isShown = shown && this.isShown(level)
    if (!isKept && !isShown) return
    const line = this.recordOf(this.records, level, message, event, fields)
    if (isKept) file.append(line)
    if (isShown) this.sink.write(line)
  }

  /** Logs the closing line of a run, at any level: into the log file, or on stderr. */
  close(where: 'file' | 'stderr', level: LogLevel, message: string, fields: LogFields): void {
    const line = this.records && this.recordOf(this.records, level, message, 'run_ended', fields)
    if (where === 'stderr') {
      if (line !== undefined && this.records?.shown) this.sink.write(line)
      else this.display(message)
    } else if (line !== undefined) this.records?.file?.append(line)
  }

  /** Shows `line` as the last line of the terminal, in place of the previous one; an empty line removes it. */
  show(line: string): void {
    if (line === this.live || !this.isShown('info')) return
    this.live = line.slice(0, this.columns - 1)
    this.sink.write(`\r\x1b[2K${this.live}`)
  }

  /** Shows on a terminal the current step, until the next live line. */
  doing(step: string): void {
    if (this.isTerminal) this.show(`${step} …`)
    this.log('debug', step, 'phase')
  }

  private recordOf(
    { record }: RecordTargets,
    level: LogLevel,
    message: string,
    event: LogEvent,
    fields: LogFields,
  ): string {
    const clean = (text: string): string => (level === 'debug' ? this.cut(text) : this.hideIds(this.cut(text)))
    return record(level, event, clean(message), cleaned(fields, clean) as LogFields)
  }

  private isShown(level: LogLevel): boolean {
    return ORDER.indexOf(level) >= this.least
  }

  private display(message: string): void {
    // Lines after the first are indented, so that no text from outside looks like a message.
    this.above(visibleText(this.cut(message)).replaceAll('\n', '\n  '))
  }

  private cut(message: string): string {
    const whole = this.redact(message)
    return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole
  }

  private above(text: string): void {
    const lines = this.isTerminal ? text.split('\n').map((each) => wrap(each, this.columns)) : [text]
    this.sink.write(`${this.live && '\r\x1b[2K'}${lines.join('\n')}\n${this.live}`)
  }
}

/** The value with each text in it cleaned. */
function cleaned(value: LogValue | undefined, clean: (text: string) => string): LogValue | undefined {
  if (typeof value === 'string') return clean(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each: LogValue) => cleaned(each, clean) ?? null)
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, cleaned(each, clean)]))
}
