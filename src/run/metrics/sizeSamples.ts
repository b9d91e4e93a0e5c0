import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsent, pathExists } from '../../core/absent.js'
import type { Sample } from '../../core/prometheusText.js'
import type { Layout } from '../../dataFolder/layout.js'
import type { Samples } from './metricTable.js'

/** Bytes of the files in each part of the folder. A file that disappears meanwhile counts nothing. */
export async function samplesOfSizes({ state, raw, published, exports }: Layout): Promise<Samples> {
  const places = { state, raw, published, exports }
  const sizes = await Promise.all(
    Object.entries(places).map(async ([place, path]) => [{ place }, await bytesIn(path)] satisfies Sample),
  )
  return { creator_enrich_size_bytes: sizes }
}

async function bytesIn(folder: string): Promise<number> {
  if (!pathExists(folder)) return 0
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += await sizeOf(join(entry.parentPath, entry.name))
  }
  return bytes
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (isAbsent(error)) return 0
    throw error
  }
}
