import { readToken, tokenIn } from '../config/api.js'
import { ForeignConfig, readConfig, readFolderConfig, type ConfigFile } from '../config/configFile.js'
import { checkDotEnv, readDotEnv, type DotEnv } from '../config/dotEnv.js'
import { tokenPath } from '../config/exposedToken.js'
import type { OptionName } from '../config/options.js'
import { nameSource, resolveSettings, type Flags, type Settings } from '../config/settings.js'
import { readableSettings } from '../config/readableSettings.js'
import { proxyRule } from '../config/proxy.js'
import { limitDatabases } from '../core/memory.js'
import { UsageError } from '../core/errors.js'
import { redactor, type Redact } from '../core/redact.js'
import { openLogFile } from '../terminal/logFile.js'
import { Logger } from '../terminal/logger.js'
import type { Command, FoundConfig, Invocation } from './command.js'
import { logRecord } from '../terminal/logRecords.js'
import { startNow } from '../run/startNow.js'

/**
 * Brings together what a command works with.
 * @param inputs the positional arguments
 * @throws UsageError when an option, the token, `.env` or the config file cannot be read, or `.env` may not hold what it holds; LocalError when the log file cannot be written
 */
export function invocationOf(command: Command, inputs: readonly string[], flags: Flags): Invocation {
  const dotEnv = readDotEnv()
  const environments = [process.env, dotEnv.variables]
  const config = findConfig(command, resolveSettings(command.options, flags, environments))
  const settings = resolveSettings(command.options, flags, environments, config.file)
  try {
    checkDotEnv(dotEnv, settings, process.env, {
      sends: Boolean(command.needsToken ?? command.connects) && settings.api !== 'simulated',
      writesLog: command.options.includes('logFile'),
    })
    limitDatabases(settings)
    const read = (): string | undefined => readToken(settings.tokenFile, environments)
    const token = command.needsToken ? read() : undefined
    const start = startNow()
    const redact = redactor(token ?? tokenIn(environments))
    const logger = loggerFor(command, settings, redact, start.runId)
    if (config.file) logger.log('debug', `settings from ${config.file.path}`, 'config_read')
    if (config.problem instanceof ForeignConfig && !command.checksConfig) {
      logger.log(
        'info',
        `${config.problem.path} belongs to another user (uid ${config.problem.owner}) and is not used`,
        'config_ignored',
      )
    }
    const proxyFor = proxyRule(environments)
    return {
      settings,
      token,
      tokenPath: tokenPath(settings, process.env, dotEnv),
      readToken: read,
      logger,
      redact,
      proxyFor,
      inputs,
      config,
      start,
    }
  } catch (error) {
    nameSource(error, settings)
    throw error
  }
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

/**
 * What can be known of a command whose options, token, config file or `.env` cannot be used: enough to tell others of its error.
 * Options that cannot be read have their default, and `.env` decides nothing but the data folder.
 */
export function partialInvocation(command: Command, inputs: readonly string[], flags: Flags): Invocation {
  const environments = [process.env]
  const { settings, isFolderKnown } = readableSettings(command.options, flags, process.env, readableDotEnv())
  const start = startNow()
  const redact = redactor(anyToken(settings))
  const proxyFor = proxyRule(environments)
  const folder = isFolderKnown ? {} : ({ isFolderUnknown: true } as const)
  const given = { settings, token: undefined, readToken: () => undefined, redact, proxyFor, inputs, config: {}, start }
  try {
    return { ...given, ...folder, logger: loggerFor(command, settings, redact, start.runId) }
  } catch {
    // The log file is what cannot be used.
    const logger = loggerFor(command, { ...settings, logFile: undefined }, redact, start.runId)
    return { ...given, ...folder, logger }
  }
}

function readableDotEnv(): DotEnv['variables'] | undefined {
  try {
    return readDotEnv().variables
  } catch {
    return undefined
  }
}

/** The token, wherever it can be read: only to take it out of texts. */
function anyToken({ tokenFile }: Settings): string | undefined {
  try {
    return readToken(tokenFile, [process.env, readableDotEnv() ?? {}])
  } catch {
    return tokenIn([process.env])
  }
}

/** For errors before the command is known: only the token of the environment can be redacted then. */
export function firstLogger(): Logger {
  return new Logger(process.stderr, 'info', redactor(process.env['JUSTONEAPI_TOKEN']))
}

/**
 * What concerns the log counts only for a command that has the option: readers write no log file.
 * @throws LocalError when the log file cannot be opened
 */
function loggerFor(command: Command, settings: Settings, redact: Redact, runId: string): Logger {
  const has = (name: OptionName): boolean => command.options.includes(name)
  const { logLevel } = settings
  const quiet = has('quiet') && settings.quiet
  const logFile = has('logFile') ? settings.logFile : undefined
  const logFormat = has('logFormat') ? settings.logFormat : 'text'
  const level = quiet ? (command.quietLevel ?? 'warn') : logLevel
  const shown = logFormat === 'json'
  if (logFile === undefined && !shown) return new Logger(process.stderr, level, redact)
  const kept = logFile === undefined ? undefined : openLogFile(logFile)
  const logger = new Logger(process.stderr, level, redact, {
    record: logRecord({ run_id: runId, command: command.name }),
    file: kept && { append: (line) => kept.append(line), kept: logLevel },
    shown,
  })
  kept?.reportTo(({ event, message }) => logger.log('warn', message, event))
  return logger
}
