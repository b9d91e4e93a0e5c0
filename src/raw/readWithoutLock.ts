import { isDeepStrictEqual } from 'node:util'
import { rawFiles, rawRuns } from './files.js'
import type { RawKind } from './kinds.js'
import { readManifest } from './manifest.js'

/** Files that are read together: those of one run, or a merged one. */
interface Unit {
  /** Absolute. */
  readonly files: readonly string[]
  readonly runs: string[]
}

/**
 * Reads all files of a kind without the lock of the folder. A run may merge or drop files meanwhile: then the rest is read
 * from its next place.
 * @param read yields what is found of these runs in a file
 * @param keyOf tells what was found from all else of its kind: nothing comes twice
 * @param isWanted leaves out the other runs, without reading their files
 * @throws the error of `read`, if the files are still those that were listed
 */
export async function* readWithoutLock<Found>(
  raw: string,
  kind: RawKind,
  read: (file: string, runs: readonly string[]) => AsyncIterable<Found>,
  keyOf: (found: Found) => string,
  isWanted: (runId: string) => boolean = () => true,
): AsyncGenerator<Found> {
  const done = new Set<string>()
  const known = new Set<string>()
  const isLeft = (runId: string): boolean => isWanted(runId) && !done.has(runId)
  let units = await unitsOf(raw, kind, isLeft)
  for (;;) {
    let found: string[] = []
    try {
      for (const { files, runs } of units) {
        found = []
        for (const file of files) {
          for await (const each of read(file, runs)) {
            const key = keyOf(each)
            if (known.has(key)) continue
            // A run with several files is never merged: its keys would only take memory.
            if (files.length === 1) found.push(key)
            yield each
          }
        }
        for (const runId of runs) done.add(runId)
      }
      return
    } catch (error) {
      const left = units.filter(({ runs }) => runs.some(isLeft))
      units = await unitsOf(raw, kind, isLeft)
      if (isDeepStrictEqual(units, left)) throw error
      for (const key of found) known.add(key)
    }
  }
}

/** The files of these runs, ordered by their oldest run. */
async function unitsOf(raw: string, kind: RawKind, isLeft: (runId: string) => boolean): Promise<Unit[]> {
  const manifest = await readManifest(raw)
  const units = new Map<string, Unit>()
  for (const runId of (await rawRuns(raw, kind, manifest)).filter(isLeft)) {
    const files = await rawFiles(raw, kind, runId, manifest)
    const [first] = files
    if (first === undefined) continue
    const known = units.get(first)
    if (known) known.runs.push(runId)
    else units.set(first, { files, runs: [runId] })
  }
  return [...units.values()]
}
