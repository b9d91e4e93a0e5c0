import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inherited } from './oneThread.js'

/** The built program. */
export const CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))

export interface Ended {
  /** The exit code; after a signal 128 + its number, as in a shell. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

/**
 * Starts the real command line in a process of its own. It inherits only PATH and TMPDIR from the environment, and
 * its databases have one thread unless `env` says otherwise. `through` is a command that starts it, such as strace.
 */
export function startCli(
  args: readonly string[],
  options: {
    env?: Record<string, string>
    cwd?: string
    /** Default: empty. */
    stdin?: string | Uint8Array
    /** The test ends it. */
    isStdinOpen?: true
    through?: readonly string[]
  } = {},
): Started {
  const [command, ...rest] = [...(options.through ?? []), process.execPath, CLI, ...args]
  const child = spawn(command!, rest, {
    env: { ...inherited(), ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
  })
  if (!options.isStdinOpen) child.stdin.end(options.stdin ?? '')
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk))
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code: code ?? 128 + (SIGNALS[signal ?? ''] ?? 0), ...text }))
  })
  return { child, ended }
}

/** Runs the command line and waits for its end. */
export function cli(args: readonly string[], options: Parameters<typeof startCli>[1] = {}): Promise<Ended> {
  return startCli(args, options).ended
}
