import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'

/** Reads every value of a query's result, in a process that may die of it. */
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
 * Tries a query in a process of its own. Damaged Parquet can crash the library that reads it, and a crash must not be
 * this process's.
 * @throws Error with what went wrong, in one line
 */
export async function tryQuery(sql: string): Promise<void> {
  const library = createRequire(import.meta.url).resolve('@duckdb/node-api')
  const child = spawn(process.execPath, ['-e', SCRIPT, library, sql], {
    env: { TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (...ended) => resolve(ended))
  })
  if (code === 0) return
  const [line] = said.split('\n')
  throw new Error(line || `its reader ended with ${signal ?? `exit code ${code}`}`)
}
