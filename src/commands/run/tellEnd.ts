import { liveEffects } from '../../core/effects.js'
import type { LogEvent } from '../../core/logEvents.js'
import type { Redact } from '../../core/redact.js'
import type { ClosingLine } from '../../run/closingLine.js'
import type { Invocation } from '../command.js'
import type { RunEnd } from './webhook.js'

/** The end of a run, in the forms in which it is told. */
export interface ToldEnd {
  readonly end: RunEnd
  /** The warnings may become more while the end is told. */
  readonly closing: (warnings: readonly LogEvent[]) => ClosingLine
  /** The error line has said all of it: people need no second one. */
  readonly isSaid?: boolean
}

/**
 * Tells how a run ended, once: the closing line goes to the log, to stderr if somebody should read it, and then the end is
 * posted to the webhook. Never fails, and never changes the exit code.
 */
export async function tellEnd(
  { settings, logger, proxyFor }: Pick<Invocation, 'settings' | 'logger' | 'proxyFor'>,
  redact: Redact,
  { end, closing, isSaid = false }: ToldEnd,
): Promise<void> {
  const { quiet, logFormat, notify: url, notifyOn } = settings
  const show = (line: ClosingLine): boolean => {
    const isDue = quiet ? line.needsLook : line.exitCode !== 0 || logFormat === 'json'
    if (isDue && (!isSaid || logFormat === 'json')) logger.close('stderr', line.level, line.message, line.fields)
    return isDue
  }
  const line = closing(logger.warnings)
  logger.close('file', line.level, line.message, line.fields)
  const isShown = show(line)
  if (url === undefined || (notifyOn === 'problem' && !line.needsLook)) return
  const proxy = proxyFor(new URL(url))
  const { notify } = await import('./webhook.js')
  await notify(url, end, { ...liveEffects(logger.log), redact, proxy })
  if (!isShown) show(closing(logger.warnings))
}
