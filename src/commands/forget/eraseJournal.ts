import { sep } from 'node:path'
import { pathExists } from '../../core/absent.js'
import type { Effects } from '../../core/effects.js'
import { plural } from '../../core/text.js'
import type { Layout } from '../../dataFolder/layout.js'
import type { AnswerReader } from '../../flatten/compile.js'
import { rewriteHeadless } from '../../journal/rewriteSegment.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import { callWithout, type ErasedRaw } from './eraseRaw.js'
import { FileSearch } from './fileSearch.js'
import type { Finding } from './searchFolder.js'

/** Whether a file is a segment of the journal or its spare file. After `sealEverything` only headless ones are left. */
export function isSegment(path: string, { journal }: Pick<Layout, 'journal'>): boolean {
  return path.startsWith(journal + sep) && /\.journal(\.spare)?$/.test(path)
}

/**
 * Erases people from segments that could not be loaded, since these may hold paid answers for others. Unreadable bytes that
 * name the people are blanked.
 * @param erased is increased by what was erased
 * @returns the segments that were removed because no readable record was left, absolute
 */
export async function eraseHeadless(
  findings: readonly Finding[],
  finder: IdFinder,
  { interpret }: AnswerReader,
  layout: Layout,
  erased: Pick<ErasedRaw, 'answers' | 'calls' | 'redacted'>,
  effects: Pick<Effects, 'log'>,
): Promise<string[]> {
  const segments = findings.map(({ path }) => path).filter((path) => isSegment(path, layout))
  const search = new FileSearch(finder)
  for (const path of segments) {
    const { records, blanked } = await rewriteHeadless(path, {
      end: callWithout(finder, { interpret }, erased),
      removesIntent: ({ id }) => finder.has(id),
      removesBytes: (bytes) => search.inBytes(bytes),
    })
    const left =
      records > 0
        ? `${plural(records, 'record')} of others kept`
        : 'no readable record was left, so the file was removed'
    const lost = blanked > 0 ? `; ${plural(blanked, 'unreadable byte')} that named these people blanked` : ''
    effects.log('warn', `${path} has no readable head and named these people: ${left}${lost}`, 'journal_damaged')
  }
  return segments.filter((path) => !pathExists(path))
}
