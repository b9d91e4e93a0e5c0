import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What everything can be rebuilt from (docs/raw.md): answers as received, calls that never got one, input rows with what
 * became of them, and run receipts. Parquet files, append-only, `<raw>/<kind>/date=YYYY-MM-DD/run=<run>/`.
 */
export type RawKind = 'answers' | 'calls' | 'inputs' | 'receipts'

/** Where a run's files of one kind lie; the date is that of its start, UTC. */
export function rawFolder(raw: string, kind: RawKind, runId: string): string {
  const date = `${runId.slice(0, 4)}-${runId.slice(4, 6)}-${runId.slice(6, 8)}`
  return join(raw, kind, `date=${date}`, `run=${runId}`)
}

/** The runs that have files of this kind, oldest first. */
export async function rawRuns(raw: string, kind: RawKind): Promise<string[]> {
  const runs: string[] = []
  for (const date of await namesIn(join(raw, kind), 'date=')) {
    runs.push(...(await namesIn(join(raw, kind, `date=${date}`), 'run=')))
  }
  return runs.sort()
}

/** The files of a run, by name. Unfinished ones have another ending. */
export async function rawFiles(raw: string, kind: RawKind, runId: string): Promise<string[]> {
  const folder = rawFolder(raw, kind, runId)
  if (!existsSync(folder)) return []
  return (await readdir(folder))
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map((name) => join(folder, name))
}

async function namesIn(folder: string, prefix: string): Promise<string[]> {
  if (!existsSync(folder)) return []
  return (await readdir(folder)).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
}
