import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Ended } from './cli.js'
import { inherited } from './oneThread.js'

const COMMANDS = fileURLToPath(new URL('commands.mjs', import.meta.url))

/**
 * Runs commands of the built program in one process of their own, one after the other: to start a process takes longer than
 * most commands.
 * @param options `through` is a command that starts the process, such as setpriv
 */
export async function inOneProcess(
  commands: readonly (readonly string[])[],
  {
    cwd,
    env = {},
    umask = '022',
    through = [],
  }: { cwd: string; env?: Record<string, string>; umask?: string; through?: readonly string[] },
): Promise<Ended[]> {
  const [command, ...args] = [...through, process.execPath, COMMANDS, umask, JSON.stringify(commands)]
  const child = spawn(command, args, { cwd, env: { ...inherited(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk))
  }
  await once(child, 'close')
  if (text.stdout === '') throw new Error(text.stderr)
  return JSON.parse(text.stdout) as Ended[]
}
