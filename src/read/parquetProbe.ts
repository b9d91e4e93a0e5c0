import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

/** Runs queries in a process that a query may crash, and writes a line after each. */
const SCRIPT = `
  const [library, memory] = process.argv.slice(1)
  const { DuckDBInstance } = require(library)
  const settings = { memory_limit: memory, threads: '1', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' }
  const read = async () => {
    const queries = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
    const instance = await DuckDBInstance.create(':memory:', settings)
    const connection = await instance.connect()
    for (const query of queries) {
      await connection.run(query)
      process.stdout.write('\\n')
    }
  }
  read().catch((error) => { process.stdout.write(error.message); process.exitCode = 1 })
`

/** The query that failed, and why, in one line. */
export interface FailedQuery {
  readonly index: number
  readonly reason: string
}

/**
 * Tries queries in a separate process, one after the other until one fails. Damaged Parquet can crash DuckDB's reader, and
 * the crash must not end this process.
 * @param megabytes what DuckDB may use
 * @param signal ends the process
 */
export async function tryQueries(
  queries: readonly string[],
  megabytes: number,
  signal?: AbortSignal,
): Promise<FailedQuery | undefined> {
  const library = createRequire(import.meta.url).resolve('@duckdb/node-api')
  const child = spawn(process.execPath, ['-e', SCRIPT, library, `${megabytes}MB`], {
    env: { TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...how) => resolve(how))
  })
  // A process that ends early does not read its input; how it ended says more than the broken pipe.
  child.stdin.on('error', () => undefined).end(JSON.stringify(queries))
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  const [code, killedBy] = await ended.finally(() => signal?.removeEventListener('abort', kill))
  if (code === 0) return undefined
  const done = Math.min(/^\n*/.exec(output)![0].length, queries.length - 1)
  // The system does this when memory runs out. After an abort the caller reports the signal instead.
  if (killedBy === 'SIGKILL') return { index: done, reason: 'Out of Memory Error: the system ended the process' }
  const [line] = output.slice(done).split('\n')
  return { index: done, reason: line || `the process that read it ended with ${killedBy ?? `exit code ${code}`}` }
}
