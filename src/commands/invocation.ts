import { readToken, tokenIn } from '../config/api.js'
import { checkDotEnv, readDotEnv } from '../config/dotEnv.js'
import { resolveSettings, type Flags, type Settings } from '../config/options.js'
import { proxyRule } from '../config/proxy.js'
import { limitDatabases } from '../core/memory.js'
import { redactor, type Redact } from '../core/redact.js'
import { visibleText } from '../core/text.js'
import { openLogFile } from '../terminal/logFile.js'
import { Logger } from '../terminal/logger.js'
import type { Command, Invocation } from './command.js'

/**
 * Brings together what a command works with.
 * @param inputs the positional arguments
 * @throws UsageError when an option, the token or `.env` cannot be read, or `.env` may not hold what it holds; LocalError when the log file cannot be written
 */
export function invocationOf(command: Command, inputs: readonly string[], flags: Flags): Invocation {
  const dotEnv = readDotEnv()
  const environments = [process.env, dotEnv.variables]
  const settings = resolveSettings(command.options, flags, environments)
  checkDotEnv(dotEnv, settings, process.env, {
    sends: Boolean(command.needsToken ?? command.connects) && settings.api !== 'simulated',
    writesLog: command.options.includes('logFile'),
  })
  limitDatabases(settings)
  const read = (): string | undefined => readToken(settings.tokenFile, environments)
  const token = command.needsToken ? read() : undefined
  const logger = loggerFor(settings, redactor(token ?? tokenIn(environments)))
  return { settings, token, readToken: read, logger, proxyFor: proxyRule(environments), inputs }
}

/** For errors before the options are known: only the token of the environment can be redacted then. */
export function firstLogger(): Logger {
  return new Logger(process.stderr, 'info', redactor(process.env['JUSTONEAPI_TOKEN']))
}

function loggerFor({ quiet, logLevel, logFile }: Settings, redact: Redact): Logger {
  const level = quiet ? 'warn' : logLevel
  if (logFile === undefined) return new Logger(process.stderr, level, redact)
  const log = openLogFile(logFile, (message) => process.stderr.write(`warning: ${visibleText(redact(message))}\n`))
  return new Logger(process.stderr, level, redact, { log, kept: logLevel })
}
