import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbsent, pathExists, unreadablePath } from '../../core/absent.js'
import type { Layout } from '../../dataFolder/layout.js'
import { scan } from '../../journal/scan.js'
import { FileSegment, readHead } from '../../journal/segmentReader.js'
import type { Call } from '../../model/call.js'
import { sealedCalls } from '../../raw/sealedCalls.js'

/** A call, and where it is stored. */
export interface StoredCall {
  /** Undefined for a segment of the journal without a readable head. */
  readonly runId: string | undefined
  readonly call: Call
  /** Absolute. */
  readonly file: string
}

/**
 * Every call of the data folder, without its lock. The journal comes first: what a run seals meanwhile is then found in
 * `raw/`, so nothing is missed, and a call may come twice.
 * @throws LocalError when a file of `raw/` cannot be read, or has changed since it was written
 */
export async function* storedCalls({ journal, raw }: Layout): AsyncGenerator<StoredCall> {
  for (const folder of [journal, join(journal, 'loaded')]) {
    for (const file of await segmentsIn(folder)) yield* inSegment(file)
  }
  for await (const { header, call, file } of sealedCalls(raw)) yield { runId: header.runId, call, file }
}

async function segmentsIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder)
    return names
      .filter((name) => /\.journal(\.spare)?$/.test(name))
      .sort()
      .map((name) => join(folder, name))
  } catch (error) {
    if (isAbsent(error) && !pathExists(folder)) return []
    throw unreadablePath(folder, error)
  }
}

/** A segment that is gone was moved on, and comes from its next place. */
async function* inSegment(file: string): AsyncGenerator<StoredCall> {
  try {
    const header = await readHead(file)
    if (header === undefined) {
      yield* withoutHead(file)
      return
    }
    for await (const calls of new FileSegment(file, header).calls())
      for (const call of calls) yield { runId: header.runId, call, file }
  } catch (error) {
    if (pathExists(file)) throw error
  }
}

async function* withoutHead(file: string): AsyncGenerator<StoredCall> {
  for await (const records of scan(file, undefined)) {
    for (const record of records) {
      if (record.kind === 'gap') continue
      const { entry } = record
      if (entry.kind === 'answer' || entry.kind === 'no_answer') yield { runId: undefined, call: entry, file }
    }
  }
}
