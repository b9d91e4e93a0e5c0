import { commandText } from '../../src/core/commandText.js'
import { CLI } from './cli.js'

/** `replay` as a message names it in a process that the makefile started. */
export function commandOfMake(): string {
  const text = commandText(['replay', '--data', 'd'], {
    script: CLI,
    env: { CREATOR_ENRICH_STARTED_BY: 'make' },
    cwd: '/',
  })
  if (!text.startsWith('make replay')) throw new Error(`this is not a command of make: ${text}`)
  return text
}
