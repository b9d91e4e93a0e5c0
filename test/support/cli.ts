import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))

export interface Ended {
  /** The exit code, or 128 + the signal's number as a shell tells it. */
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
 * Starts the real command line in a process of its own, with nothing of this process's environment but where programs and
 * temporary files are; `through` is a command that starts it in its turn, such as strace.
 */
export function startCli(
  args: readonly string[],
  options: {
    env?: Record<string, string>
    cwd?: string
    stdin?: string | Uint8Array
    through?: readonly string[]
  } = {},
): Started {
  const [command, ...rest] = [...(options.through ?? []), process.execPath, CLI, ...args]
  const child = spawn(command!, rest, {
    env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
  })
  child.stdin.end(options.stdin ?? '')
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

/** The same, run to its end. */
export function cli(args: readonly string[], options: Parameters<typeof startCli>[1] = {}): Promise<Ended> {
  return startCli(args, options).ended
}
