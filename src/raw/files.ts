import { dirname, join } from 'node:path'
import { namesInFolder } from '../core/absent.js'
import { isCallKind, type RawKind } from './kinds.js'
import { readManifest, type RawManifest } from './manifest.js'

/** The folder of a run's files of one kind. The date is that of the run's start, UTC. */
export function rawFolder(raw: string, kind: RawKind, runId: string): string {
  return join(raw, kind, `date=${monthOf(runId)}-${runId.slice(6, 8)}`, `run=${runId}`)
}

/** The folder of the files of one kind that hold many runs of a month. */
export function mergedFolder(raw: string, kind: RawKind, month: string): string {
  return join(raw, kind, `date=${month}`, 'run=all')
}

/** The month in which a run started, UTC: `2026-11`. */
export function monthOf(runId: string): string {
  return `${runId.slice(0, 4)}-${runId.slice(4, 6)}`
}

/** Whether a file holds many runs. */
export function isMergedFile(file: string): boolean {
  return dirname(file).endsWith('run=all')
}

/** The runs with a folder of their own for this kind, oldest first. */
export async function ownRuns(raw: string, kind: RawKind): Promise<string[]> {
  const runs: string[] = []
  for (const date of await namesIn(join(raw, kind), 'date=')) {
    runs.push(...(await namesIn(join(raw, kind, `date=${date}`), 'run=')))
  }
  return runs.filter((run) => run !== 'all').sort()
}

/** The runs that have files of this kind, oldest first. Runs whose calls are in the base snapshot have none. */
export async function rawRuns(raw: string, kind: RawKind, known?: RawManifest): Promise<string[]> {
  const manifest = known ?? (await readManifest(raw))
  const dropped = new Set(droppedRuns(manifest, kind))
  const runs = [...(await ownRuns(raw, kind)), ...mergedFiles(manifest, kind).flatMap(({ runs }) => runs)]
  return [...new Set(runs)].filter((run) => !dropped.has(run)).sort()
}

/** The finished files that hold a run, ordered by name; a merged one holds others too. Unfinished files have another ending. */
export async function rawFiles(raw: string, kind: RawKind, runId: string, known?: RawManifest): Promise<string[]> {
  const manifest = known ?? (await readManifest(raw))
  if (droppedRuns(manifest, kind).includes(runId)) return []
  const found = mergedFiles(manifest, kind).find(({ runs }) => runs.includes(runId))
  return found ? [join(raw, found.path)] : ownFiles(raw, kind, runId)
}

/** All finished files of a kind, each once, ordered by their oldest run. */
export async function allFiles(raw: string, kind: RawKind): Promise<string[]> {
  const manifest = await readManifest(raw)
  const runs = await rawRuns(raw, kind, manifest)
  return [...new Set((await Promise.all(runs.map((runId) => rawFiles(raw, kind, runId, manifest)))).flat())]
}

/** The finished files in the folder of a run. */
export async function ownFiles(raw: string, kind: RawKind, runId: string): Promise<string[]> {
  const folder = rawFolder(raw, kind, runId)
  return (await namesInFolder(folder))
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map((name) => join(folder, name))
}

interface MergedFile {
  /** Under `raw/`. */
  readonly path: string
  readonly runs: readonly string[]
}

/** The merged files of a kind. */
export function mergedFiles({ merged }: RawManifest, kind: RawKind): MergedFile[] {
  const files = Object.entries(merged).filter(([path]) => path.startsWith(`${kind}/`))
  return files.map(([path, runs]) => ({ path, runs }))
}

function droppedRuns({ base }: RawManifest, kind: RawKind): readonly string[] {
  return base && isCallKind(kind) ? base.runs : []
}

async function namesIn(folder: string, prefix: string): Promise<string[]> {
  return (await namesInFolder(folder))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
}
