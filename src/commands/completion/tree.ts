import type { Option } from '../../config/option.js'
import { options } from '../../config/options.js'
import type { Command } from '../command.js'

/** What stands behind an option or a command: one of some words, a file, a folder, a list of the data folder, any text, or nothing. */
export type Expected = readonly string[] | 'file' | 'folder' | 'list' | 'text' | 'nothing'

/** In a shell: takes the names out of `lists --json`. */
export const LIST_NAMES = `grep -o '"list": *"[^"]*"' | cut -d '"' -f 4`

export interface CompletedOption {
  /** With its dashes. */
  readonly flag: string
  readonly help: string
  readonly value: Expected
}

export interface CompletedCommand {
  readonly name: string
  readonly help: string
  readonly options: readonly CompletedOption[]
  /** The positional arguments. */
  readonly operands: Expected
  readonly subcommands: readonly CompletedCommand[]
}

/** What a shell can complete, from the same tables as the command line itself. */
export function completionTree(commands: readonly Command[]): CompletedCommand[] {
  return commands.map((command) => ({
    name: command.name,
    help: command.description,
    options: [...command.options.map((name) => optionOf(options[name])), HELP],
    operands: operandsOf(command),
    subcommands: completionTree(command.subcommands ?? []),
  }))
}

const HELP: CompletedOption = { flag: '--help', help: 'show what the command takes', value: 'nothing' }

function optionOf({ flag, help, parse }: Option<unknown>): CompletedOption {
  const [name = '', value] = flag.split(' ')
  // An input may follow where the value may be missing.
  const isSwitch = value === undefined || value.startsWith('[')
  return { flag: name, help, value: isSwitch ? 'nothing' : valueOf(value, parse) }
}

function valueOf(value: string, parse: Option<unknown>['parse']): Expected {
  if ('words' in parse) return parse.words as readonly string[]
  if (value === '<file>') return 'file'
  if (value === '<dir>') return 'folder'
  if (value === '<name|path>') return 'file'
  return value === '<name|url>' ? ['global', 'cn', 'simulated'] : 'text'
}

function operandsOf({ name, arguments: text = '' }: Command): Expected {
  if (name === 'completion') return ['bash', 'zsh', 'fish']
  if (text === '') return 'nothing'
  if (text === '<list>') return 'list'
  return /input|file/.test(text) ? 'file' : 'text'
}
