import { readToken, tokenIn } from '../config/api.js'
import { ForeignConfig, readConfig, readFolderConfig, type ConfigFile } from '../config/configFile.js'
import { checkDotEnv, readDotEnv } from '../config/dotEnv.js'
import { resolveSettings, type Flags, type Settings } from '../config/options.js'
import { proxyRule } from '../config/proxy.js'
import { limitDatabases } from '../core/memory.js'
import { UsageError } from '../core/errors.js'
import { redactor, type Redact } from '../core/redact.js'
import { visibleText } from '../core/text.js'
import { openLogFile } from '../terminal/logFile.js'
import { Logger } from '../terminal/logger.js'
import type { Command, FoundConfig, Invocation } from './command.js'

/**
 * Brings together what a command works with.
 * @param inputs the positional arguments
 * @throws UsageError when an option, the token, `.env` or the config file cannot be read, or `.env` may not hold what it holds; LocalError when the log file cannot be written
 */
export function invocationOf(command: Command, inputs: readonly string[], flags: Flags): Invocation {
  const dotEnv = readDotEnv()
  const environments = [process.env, dotEnv.variables]
  const config = findConfig(command, resolveSettings(command.options, flags, environments))
  const settings = resolveSettings(command.options, flags, environments, config.file?.values)
  checkDotEnv(dotEnv, settings, process.env, {
    sends: Boolean(command.needsToken ?? command.connects) && settings.api !== 'simulated',
    writesLog: command.options.includes('logFile'),
  })
  limitDatabases(settings)
  const read = (): string | undefined => readToken(settings.tokenFile, environments)
  const token = command.needsToken ? read() : undefined
  const logger = loggerFor(settings, redactor(token ?? tokenIn(environments)))
  if (config.file) logger.log('debug', `settings from ${config.file.path}`)
  if (config.problem instanceof ForeignConfig && !command.checksConfig) {
    logger.log('info', `${config.problem.path} belongs to another user (uid ${config.problem.owner}) and is not used`)
  }
  return { settings, token, readToken: read, logger, proxyFor: proxyRule(environments), inputs, config }
}

/** Reads the config file: the one that is named, else that of the data folder, if the command has one. */
function findConfig(command: Command, { config, data }: Settings): FoundConfig {
  let file: ConfigFile | undefined
  try {
    if (config !== undefined) file = readConfig(config)
    else if (command.options.includes('data')) file = readFolderConfig(data)
  } catch (error) {
    const passes = command.checksConfig ?? (command.onlyReads && config === undefined && error instanceof ForeignConfig)
    if (passes && error instanceof UsageError) return { problem: error }
    throw error
  }
  return file ? { file } : {}
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
