import { Writable } from 'node:stream'
import { main } from '../../src/commands/program.js'
import { limitDatabases } from '../../src/core/memory.js'
import type { Ended } from './cli.js'
import { inherited, ONE_THREAD } from './oneThread.js'

let busy = false

/**
 * Runs the command line in this process, which takes half the processor time of `cli`. It sees the same environment. For tests
 * of results and texts; those of signals, modes of files, certificates and memory need a process of their own.
 */
export async function commandHere(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ended> {
  if (busy) throw new Error('one command at a time: another one writes to the same streams')
  busy = true
  const { env, cwd } = { env: process.env, cwd: process.cwd() }
  const streams = [process.stdout, process.stderr] as const
  const [stdout, stderr] = streams.map(capture) as [Captured, Captured]
  try {
    process.env = { ...inherited(), ...options.env }
    process.chdir(options.cwd ?? cwd)
    const code = await main(args)
    return { code, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    limitDatabases(ONE_THREAD)
    process.env = env
    process.chdir(cwd)
    for (const each of [stdout, stderr]) each.release()
    busy = false
  }
}

interface Captured {
  text(): string
  release(): void
}

function capture(stream: NodeJS.WriteStream): Captured {
  const chunks: Buffer[] = []
  const known = new Set(stream.listeners('error'))
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk)
      done()
    },
  })
  const write = stream.write.bind(stream)
  stream.write = sink.write.bind(sink) as typeof stream.write
  return {
    text: () => Buffer.concat(chunks).toString(),
    release() {
      stream.write = write
      for (const each of stream.listeners('error'))
        if (!known.has(each)) stream.removeListener('error', each as () => void)
    },
  }
}
