import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { stateFile } from '../core/stateFile.js'
import type { Layout } from '../dataFolder/layout.js'

const content = z.strictObject({
  version: z.literal(1),
  /** By which the database knows this folder. */
  folder: z.string(),
  /** The last collection whose journal segment is whole in this folder. */
  stored: z.string().nullable(),
})
export type FolderFile = z.infer<typeof content>

const file = stateFile(
  content,
  'if its content is lost, remove it, and give --new once: answers of a collection that was cut off may then be there twice',
)

/** How the folder takes part in a fleet; undefined if it does not. */
export function readFolderFile({ fleet }: Layout): Promise<FolderFile | undefined> {
  return file.read(fleet)
}

/** The same; a folder that was in no fleet gets its name. */
export async function openFolderFile(layout: Layout): Promise<FolderFile> {
  const found = await readFolderFile(layout)
  if (found) return found
  const made: FolderFile = { version: 1, folder: randomUUID(), stored: null }
  await file.write(layout.fleet, made)
  return made
}

/** From now on a collection counts as stored here, whatever the database says. */
export function markStored({ fleet }: Layout, found: FolderFile, runId: string): Promise<void> {
  return file.write(fleet, { ...found, stored: runId })
}
