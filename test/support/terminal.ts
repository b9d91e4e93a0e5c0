import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CLI } from './cli.js'
import { inherited } from './oneThread.js'

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

/** Runs the command line in a terminal of this width. @returns the lines of stdout and stderr that stay on it */
export async function inTerminal(columns: number, args: readonly string[]): Promise<string[]> {
  const command = [process.execPath, CLI, ...args].map(quoted).join(' ')
  const env = { ...inherited(), TERM: 'xterm' }
  const running = promisify(execFile)(
    'script',
    ['-qec', `stty cols ${columns} rows 50; ${command}; true`, '/dev/null'],
    { env },
  )
  running.child.stdin!.end()
  const { stdout } = await running
  // What stood before this sequence was a line of progress, which is gone.
  return stdout.split(/\r?\n/).map((line) => line.split('\r\u001b[2K').at(-1)!)
}
