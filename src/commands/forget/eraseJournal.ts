import { existsSync } from 'node:fs'
import { sep } from 'node:path'
import type { Effects } from '../../core/effects.js'
import { plural } from '../../core/text.js'
import type { Layout } from '../../dataFolder/layout.js'
import type { AnswerReader } from '../../flatten/answerReader.js'
import { rewriteHeadless } from '../../journal/rewriteSegment.js'
import type { IdFinder } from '../../privacy/idFinder.js'
import { callWithout, type ErasedRaw } from './eraseRaw.js'
import { FileSearch } from './fileSearch.js'
import type { Finding } from './searchFolder.js'

/** A segment of the journal, or its spare. Where everything was gathered, what is left of them has no readable head. */
export function isSegment(path: string, { journal }: Pick<Layout, 'journal'>): boolean {
  return path.startsWith(journal + sep) && /\.journal(\.spare)?$/.test(path)
}

/**
 * Writes segments that could not be loaded, and may hold paid answers of others, without these people. What nobody can
 * read in them is blanked where it names them.
 * @param erased counts what goes, too
 * @returns the segments that were removed, since nothing readable was left, absolute
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
      leaves: ({ id }) => finder.has(id),
      names: (bytes) => search.inBytes(bytes),
    })
    const left =
      records > 0 ? `${plural(records, 'record')} of others are kept` : 'no readable record was left: it is removed'
    const lost = blanked > 0 ? `; ${plural(blanked, 'unreadable byte')} that named them are blanked` : ''
    effects.log('warn', `${path} has no readable head and named them: ${left}${lost}`)
  }
  return segments.filter((path) => !existsSync(path))
}
