import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { isAbsent, unreadablePath } from '../core/absent.js'
import { replaceUnsynced } from '../core/temporaryFile.js'
import type { Layout } from './layout.js'
import { readStatus } from './runStatus.js'

const schema = z.object({
  at: z.string(),
  exit_code: z.number().int(),
  /** Without the token and without user ids. */
  error: z.string(),
  lists: z.array(z.string()),
})

/** The content of `state/start.json`: a run that could not start. `at` is ISO 8601, UTC. */
export type FailedStart = z.infer<typeof schema>

/** Keeps a failed start for `status`. It needs no lock: another run may hold the folder. */
export async function writeFailedStart({ start }: Layout, failed: FailedStart): Promise<void> {
  await replaceUnsynced(start, `${JSON.stringify(failed)}\n`)
}

/** The last start, if it failed: undefined when a run has started or ended since. */
export function readFailedStart({ start, status }: Layout): FailedStart | undefined {
  const failed = parse(start)
  const last = readStatus(status)
  const since = last?.phase === 'finished' ? last.updated_at : last?.started_at
  return failed && (since === undefined || failed.at >= since) ? failed : undefined
}

function parse(path: string): FailedStart | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data
  } catch (error) {
    if (error instanceof SyntaxError || isAbsent(error)) return undefined
    throw unreadablePath(path, error)
  }
}
