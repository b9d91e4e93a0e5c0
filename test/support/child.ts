import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly process: ChildProcess
  /** The next line of its stdout. */
  line(): Promise<string>
  say(line: string): void
  kill(): Promise<void>
}

/** Starts a script of this folder in a process of its own, which is killed at the end of the test. */
export function startChild(script: string, ...args: string[]): Child {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(kill)
  return {
    process: child,
    kill,
    say: (line) => child.stdin.write(`${line}\n`),
    async line() {
      const next = await lines.next()
      if (next.done) throw new Error(`${script} ended without another line`)
      return next.value
    },
  }
}
