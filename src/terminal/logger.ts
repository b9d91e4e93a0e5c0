import type { LogLevel } from '../core/effects.js'
import type { Redact } from '../core/redact.js'
import { visibleText } from '../core/text.js'
import type { LogFile } from './logFile.js'
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

/** Writes redacted log messages for people, and on a terminal keeps one live line below them. */
export class Logger {
  private live = ''
  private readonly least: number

  constructor(
    private readonly sink: Sink,
    level: LogLevel,
    private readonly redact: Redact,
    /** Gets the messages of level `kept` and above, whatever `level` is. */
    private readonly file?: { readonly log: LogFile; readonly kept: LogLevel },
  ) {
    this.least = ORDER.indexOf(level)
  }

  get isTerminal(): boolean {
    return this.sink.isTTY === true
  }

  get columns(): number {
    return this.sink.columns || 80
  }

  log(level: LogLevel, message: string): void {
    const whole = this.redact(message)
    const cut = whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole
    // Lines after the first are indented, so that no text from outside looks like a message.
    const text = visibleText(cut).replaceAll('\n', '\n  ')
    if (ORDER.indexOf(level) >= this.least) this.above(PREFIX[level] + text)
    if (this.file && ORDER.indexOf(level) >= ORDER.indexOf(this.file.kept)) this.file.log.append(level, text)
  }

  /** Shows `line` as the last line of the terminal, in place of the previous one; an empty line removes it. */
  show(line: string): void {
    if (line === this.live || ORDER.indexOf('info') < this.least) return
    this.live = line.slice(0, this.columns - 1)
    this.sink.write(`\r\x1b[2K${this.live}`)
  }

  /** Shows on a terminal the current step, until the next live line. */
  doing(step: string): void {
    if (this.isTerminal) this.show(`${step} …`)
  }

  private above(text: string): void {
    const lines = this.isTerminal ? text.split('\n').map((each) => wrap(each, this.columns)) : [text]
    this.sink.write(`${this.live && '\r\x1b[2K'}${lines.join('\n')}\n${this.live}`)
  }
}
