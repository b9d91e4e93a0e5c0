import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Ended } from '../support/cli.js'
import { inherited } from '../support/oneThread.js'

const COMMANDS = fileURLToPath(new URL('commands.mjs', import.meta.url))

/**
 * Runs commands of the built program in one process of their own, one after the other: to start a process takes longer than
 * most commands.
 * @param options `through` is a command that starts the process, such as setpriv
 */
export function inOneProcess(
  commands: readonly (readonly string[])[],
  { cwd, umask = '022', through = [] }: { cwd: string; umask?: string; through?: readonly string[] },
): Ended[] {
  const [command, ...args] = [...through, process.execPath, COMMANDS, umask, JSON.stringify(commands)]
  const { stdout, stderr } = spawnSync(command, args, { cwd, env: inherited(), encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Ended[]
}
