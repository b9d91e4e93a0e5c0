import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { namesInFolder } from '../core/absent.js'
import { makeFolder, syncFolder } from '../core/atomicFile.js'
import { readFleetFile } from '../dataFolder/fleetFile.js'
import type { Layout } from '../dataFolder/layout.js'

/** Where `collect` makes a segment: it goes to the journal when it is whole. */
export function landedFolder({ state }: Layout): string {
  return join(state, 'landed')
}

/**
 * Completes what `collect` left when it was cut off: a segment that counts as stored goes to the journal, before anybody reads
 * the journal or erases people from it. Others are removed, because the database still has their calls. The caller holds the
 * lock.
 */
export async function placeLanded(layout: Layout): Promise<void> {
  const folder = landedFolder(layout)
  const names = await namesInFolder(folder)
  if (names.length === 0) return
  const stored = `${(await readFleetFile(layout))?.stored}.journal`
  if (names.includes(stored)) {
    await makeFolder(layout.journal)
    await rename(join(folder, stored), join(layout.journal, stored))
    await syncFolder(layout.journal)
  }
  for (const name of names) await rm(join(folder, name), { force: true })
}
