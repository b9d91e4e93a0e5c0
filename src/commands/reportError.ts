import { CommanderError } from 'commander'
import { EXIT, messageOf, RunError } from '../core/errors.js'
import type { Logger } from '../terminal/logger.js'
import type { Command } from './command.js'

/**
 * Logs an error in one line for people; the stack is shown only at log level debug.
 * @param command what was to run, if that is known
 * @returns its exit code
 */
export function reportError(error: unknown, logger: Logger, command?: Command): number {
  if (error instanceof CommanderError) {
    logger.log('error', errorText(error) + nameHint(errorText(error), command), 'error')
    return EXIT.usage
  }
  if (error instanceof RunError) {
    logger.log('error', error.message, 'error', { code: error.code, exit_code: error.exitCode })
    logger.log('debug', error.stack ?? '', 'stack')
    return error.exitCode
  }
  const fields = { code: 'bug', exit_code: EXIT.bug }
  logger.log('error', `a bug in creator-enrich: ${messageOf(error)} (--log-level debug shows where)`, 'error', fields)
  logger.log('debug', error instanceof Error ? (error.stack ?? '') : '', 'stack')
  return EXIT.bug
}

/** The text of an error. A mistyped flag may carry a secret behind its `=`. */
export function errorText(error: unknown): string {
  if (!(error instanceof CommanderError)) return messageOf(error)
  return error.message
    .replace(/^error: /, '')
    .replace(/(unknown option '[^=']+)=[^']*/, '$1=…')
    .trim()
}

/** How a file or a list whose name begins with a dash is given, where the unknown option may be one. */
function nameHint(text: string, command: Command | undefined): string {
  const takesNames = [command, ...(command?.subcommands ?? [])].some((each) => each?.arguments !== undefined)
  const [, name] = /^unknown option '(-[^-=']+|--?[^=']*[./][^=']*)'$/.exec(text) ?? []
  if (!takesNames || name === undefined) return ''
  return `; a name that begins with a dash goes last, after two dashes: -- ${name}`
}
