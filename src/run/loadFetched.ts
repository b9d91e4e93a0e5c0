import { openSegment } from '../journal/segmentReader.js'
import { loadSegments } from '../load/loadCalls.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'

/** Loads the calls of this run from its journal segment. */
export async function loadFetched({ segment }: Fetched, { warehouse, reader }: OpenRun): Promise<void> {
  if (segment === undefined) return
  const calls = await openSegment(segment)
  await loadSegments(warehouse, [calls], reader)
  await calls.markLoaded()
}
