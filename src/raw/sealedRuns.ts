import { plural } from '../core/text.js'
import { rawRuns } from './files.js'
import { RAW_KINDS } from './kinds.js'

/** Says for people which runs `raw/` holds; undefined when there are none. */
export async function describeSealedRuns(raw: string): Promise<string | undefined> {
  const runs = new Set((await Promise.all(RAW_KINDS.map((kind) => rawRuns(raw, kind)))).flat())
  const newest = [...runs].sort().at(-1)
  return newest && `${raw} holds ${plural(runs.size, 'run')}, the last one ${newest}`
}
