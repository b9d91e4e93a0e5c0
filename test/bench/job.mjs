// The job of `make bench`: a list of ids, the columns, the simulator that answers, and what must have landed at the end.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { all, openDatabase } from '#src/core/duckdb.js'
import { loadPipeline } from '#src/model/pipeline.js'

const cli = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))

export function writeList(path, count) {
  const ids = Array.from({ length: count }, (_, n) => `5f${(n * 7919 + 1).toString(16).padStart(22, '0')}`)
  writeFileSync(path, `user_id\n${ids.join('\n')}\n`)
  return path
}

/** The columns with a path in the profile, which each peer fills. creator-enrich adds those that it derives. */
export async function writeColumns(path) {
  const { columns } = await loadPipeline(undefined)
  const sourced = Object.entries(columns).flatMap(([name, column]) =>
    column.path === undefined ? [] : [{ name, path: column.path, type: column.type }],
  )
  writeFileSync(path, JSON.stringify(sourced))
  return path
}

export async function startSimulator() {
  const child = spawn(process.execPath, [cli, 'simulate', '--counts'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const url = String(await new Promise((resolve) => child.stdout.once('data', resolve))).trim()
  return {
    url,
    stop: () => child.kill(),
    /** Empties the ledger, and sets the night of the answers. */
    reset: async (night) => {
      await fetch(`${url}/__ledger/clear`, { method: 'POST' })
      await fetch(`${url}/__night?night=${night}`, { method: 'POST' })
    },
    calls: async () => JSON.parse(await (await fetch(`${url}/__ledger?entries=no`)).text()).summary.calls,
  }
}

/** Rows and followers in the table of creators, in any schema of the file. */
export async function landed(path) {
  const { connection, close } = await openDatabase(path, { readOnly: true })
  try {
    const [home] = await all(
      connection,
      "SELECT schema_name AS name FROM duckdb_tables() WHERE table_name = 'creators'",
    )
    const [found] = await all(
      connection,
      `SELECT count(*) AS rows, sum(fans)::BIGINT AS followers FROM "${home.name}".creators`,
    )
    return found
  } finally {
    close()
  }
}
