import { fstatSync, writeSync } from 'node:fs'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'

let failure: NodeJS.ErrnoException | undefined

/**
 * Keeps the first error of stdout for `requirePrinted`. A file takes each text whole or fails: Node takes what a full disk
 * has room for, and drops the rest in silence.
 */
export function watchStdout(): void {
  failure = undefined
  process.stdout.on('error', (error: NodeJS.ErrnoException) => (failure ??= error))
  const { fd } = process.stdout
  if (!isFile(fd)) return
  process.stdout._write = (chunk: Uint8Array, _, done) => {
    try {
      for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at)
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}

/**
 * Waits until stdout has taken what was printed.
 * @throws LocalError when it did not, as on a full disk; a reader that leaves before the end is none
 */
export async function requirePrinted(): Promise<void> {
  await new Promise((resolve) => process.stdout.write('', resolve))
  if (failure === undefined || failure.code === 'EPIPE') return
  throw new LocalError(
    `cannot write to stdout: ${messageOf(failure)}; what is there is not whole: ${remedyFor(failure, 'give another place')}, then run the same command again`,
    { cause: failure },
  )
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile()
  } catch {
    // Nobody reads it.
    return false
  }
}
