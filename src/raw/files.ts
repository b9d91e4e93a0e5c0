import { join } from 'node:path'
import { namesInFolder } from '../core/absent.js'

/**
 * The kinds of files from which everything can be rebuilt (docs/raw.md): answers as received, calls without an answer,
 * input rows with their status, and run receipts. Append-only Parquet files in `<raw>/<kind>/date=YYYY-MM-DD/run=<run>/`.
 */
export type RawKind = 'answers' | 'calls' | 'inputs' | 'receipts'

/** The folder of a run's files of one kind. The date is that of the run's start, UTC. */
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

/** The finished files of a run, ordered by name. Unfinished files have another ending. */
export async function rawFiles(raw: string, kind: RawKind, runId: string): Promise<string[]> {
  const folder = rawFolder(raw, kind, runId)
  return (await namesInFolder(folder))
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map((name) => join(folder, name))
}

async function namesIn(folder: string, prefix: string): Promise<string[]> {
  return (await namesInFolder(folder))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
}
