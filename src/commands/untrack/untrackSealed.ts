import { join } from 'node:path'
import type { Layout } from '../../dataFolder/layout.js'
import { rewriteSealed } from '../../raw/rewriteRuns.js'
import { rawFiles, rawRuns } from '../../raw/files.js'

/** A row of table `lists` as a receipt keeps it. */
interface SealedList {
  readonly list: string
  readonly tracked: boolean
}

/** Writes the last receipt that has this list anew, so that a rebuild does not bring its tracking back. */
export async function untrackSealed(list: string, { raw, temp }: Layout): Promise<void> {
  for (const runId of (await rawRuns(raw, 'receipts')).reverse()) {
    const names: string[] = []
    for (const file of await rawFiles(raw, 'receipts', runId)) {
      await rewriteSealed(
        file,
        ({ lists }) => {
          const sealed = JSON.parse(lists ?? '[]') as SealedList[]
          const own = sealed.find((each) => each.list === list)
          names.push(...sealed.map((each) => each.list))
          if (!own?.tracked) return undefined
          return { lists: JSON.stringify(sealed.map((each) => (each === own ? { ...each, tracked: false } : each))) }
        },
        join(temp, 'untrack'),
      )
    }
    if (names.includes(list)) return
  }
}
