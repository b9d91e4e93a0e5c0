import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

/** Runs one query in a process that the query may crash. */
const SCRIPT = `
  const [library, sql] = process.argv.slice(1)
  const { DuckDBInstance } = require(library)
  const settings = { memory_limit: '160MB', threads: '1', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' }
  const read = async () => {
    const instance = await DuckDBInstance.create(':memory:', settings)
    const connection = await instance.connect()
    await connection.run(sql)
  }
  read().catch((error) => { process.stdout.write(error.message); process.exitCode = 1 })
`

/**
 * Tries a query in a separate process. Damaged Parquet can crash DuckDB's reader, and the crash must not end this process.
 * @throws Error with one line that says what went wrong
 */
export async function tryQuery(sql: string): Promise<void> {
  const library = createRequire(import.meta.url).resolve('@duckdb/node-api')
  const child = spawn(process.execPath, ['-e', SCRIPT, library, sql], {
    env: { TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...ended) => resolve(ended))
  })
  if (code === 0) return
  const [line] = output.split('\n')
  throw new Error(line || `the process that read it ended with ${signal ?? `exit code ${code}`}`)
}
