import type { ConfigFile } from '../config/configFile.js'
import type { OptionName } from '../config/options.js'
import type { Settings } from '../config/settings.js'
import type { ProxyRule } from '../config/proxy.js'
import { messageOf, type UsageError } from '../core/errors.js'
import type { Redact } from '../core/redact.js'
import type { RunStart } from '../model/call.js'
import type { Logger } from '../terminal/logger.js'

/** The config file of a command, or why there is one that is not used. */
export interface FoundConfig {
  readonly file?: ConfigFile
  readonly problem?: UsageError
}

/** What a command gets from the command line and the environment. */
export interface Invocation {
  readonly settings: Settings
  /** Only for a command that `needsToken`. */
  readonly token: string | undefined
  /** The file that holds the token, if one does. */
  readonly tokenPath?: string | undefined
  /** @throws UsageError when the token cannot be read, or cannot be a token */
  readonly readToken: () => string | undefined
  readonly logger: Logger
  /** Takes the token out. */
  readonly redact: Redact
  /** Decides which proxy a connection takes. */
  readonly proxyFor: ProxyRule
  /** The positional arguments. */
  readonly inputs: readonly string[]
  readonly config: FoundConfig
  /** Every record of the log has its id. */
  readonly start: RunStart
  /** What names the data folder cannot be read: `settings.data` is only the default. */
  readonly isFolderUnknown?: true
}

/** Does the work of a command, and returns the exit code. */
export type Flow = (invocation: Invocation) => Promise<number>

/** A command of the command line. Its file imports nothing heavy: `--help` reads all of them. */
export interface Command {
  readonly name: string
  /** As commander writes them: `<list>` for one, `[input...]` for any number. */
  readonly arguments?: string
  readonly description: string
  /** Its arguments in an example, which `--help` shows. */
  readonly example?: string
  /** In the order in which `--help` shows them. */
  readonly options: readonly OptionName[]
  /** Headings in `--help`, each before the option of its name. */
  readonly headings?: Readonly<Partial<Record<OptionName, string>>>
  /** The command makes calls: it does not start when the token cannot be read. */
  readonly needsToken?: true
  /** The command connects to the API, or prepares it: a `.env` must not decide where to. */
  readonly connects?: true
  /** Commands behind the name of this one: `lists remove`. */
  readonly subcommands?: readonly Command[]
  /** The command only reads, so others than the owner of the data folder use it: it does without a config file of another user. */
  readonly onlyReads?: true
  /** The command does nothing but print: it fails when stdout cannot take that. A reader may leave before the end. */
  readonly onlyPrints?: true
  /** The command reports a config file that cannot be used, and goes on without it. */
  readonly checksConfig?: true
  /** The least level that is shown with `--quiet`; `warn` if absent. */
  readonly quietLevel?: 'error'
  readonly run: Flow
  /** Tells others than the terminal of an error that came before the flow could do so. */
  readonly failed?: (invocation: Invocation, exitCode: number, error: string) => Promise<void>
}

/** A file of the program cannot be imported; `cause` is the reason. */
export class NotLoaded extends Error {}

/** @throws NotLoaded */
export async function load<T>(module: Promise<T>): Promise<T> {
  try {
    return await module
  } catch (cause) {
    throw new NotLoaded(messageOf(cause), { cause })
  }
}

/** The flow of a command, imported only when the command runs: the import takes longer than most commands do. */
export function lazy(flow: () => Promise<Flow>): Flow {
  return async (invocation) => (await load(flow()))(invocation)
}
