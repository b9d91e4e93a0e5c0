import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { stateFile } from '../core/stateFile.js'
import type { Layout } from './layout.js'

const content = z.strictObject({
  version: z.literal(1),
  /** By which the database knows this folder. */
  folder: z.string(),
  /** The last collection whose journal segment is whole in this folder. */
  stored: z.string().nullable(),
  /** Runs of `enqueue` whose ids may be in the queue although no row of a list says so. */
  enqueues: z.array(z.string()).default([]),
})
export type FleetFile = z.infer<typeof content>

const file = stateFile(
  content,
  'if its content is lost, remove it, and give --new once: answers of a collection that was cut off may then be there twice, and ids of an `enqueue` that was cut off may be paid for twice',
)

/** How the folder takes part in a fleet; undefined if it does not. */
export function readFleetFile({ fleet }: Layout): Promise<FleetFile | undefined> {
  return file.read(fleet)
}

/** The same; a folder that was in no fleet gets its name. */
export async function openFleetFile(layout: Layout): Promise<FleetFile> {
  return (await readFleetFile(layout)) ?? changeFleetFile(layout, {})
}

/** Replaces a part of the file, durably. The caller holds the lock of the folder. */
export async function changeFleetFile(layout: Layout, change: Partial<FleetFile>): Promise<FleetFile> {
  const found = (await readFleetFile(layout)) ?? { version: 1, folder: randomUUID(), stored: null, enqueues: [] }
  const changed = { ...found, ...change }
  await file.write(layout.fleet, changed)
  return changed
}
