import { pathExists } from '../core/absent.js'
import { all, quotedName } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import type { Pipeline } from '../model/pipeline.js'
import { withPublished } from '../publish/openPublished.js'

/** The person that an argument of a command stands for. */
export interface NamedPerson {
  readonly id: string
  /** What the argument holds in place of the id, as messages call it: `short link`; absent if the argument holds the id. */
  readonly by?: string
}

/**
 * The person whom a cell names: by an id or a link with one, or by what `--resolve` takes, if the published file knows exactly
 * one person by it.
 * @param where what the message calls the cell, which is not shown: it may hold personal data
 * @param end of the message
 * @throws UsageError for any other cell
 */
export async function namedPerson(
  cell: string,
  where: string,
  { pipeline, layout, end = '' }: { readonly pipeline: Pipeline; readonly layout: Layout; readonly end?: string },
): Promise<NamedPerson> {
  const parsed = pipeline.parseId(cell)
  if ('id' in parsed) return parsed
  // What may be something else, such as a phone number, could be of another person.
  const named = parsed.resolve?.isContested ? undefined : parsed.resolve
  const resolver = pipeline.resolvers?.find(({ kind }) => kind === named?.kind)
  let known = ''
  if (resolver !== undefined && named !== undefined && pathExists(layout.database)) {
    const { kind, input } = named
    const { profileColumn: column } = resolver
    const profiles =
      column === undefined ? '' : `UNION SELECT user_id, CAST(${quotedName(column)} AS VARCHAR) AS input FROM creators`
    const found = await withPublished(layout, (connection) =>
      all<{ user_id: string; is_same: boolean }>(
        connection,
        `SELECT DISTINCT user_id, input = $input AS is_same FROM (
           SELECT user_id, input FROM resolved_ids WHERE kind = $kind AND user_id IS NOT NULL ${profiles}
         ) WHERE lower(input) = lower($input)`,
        { kind, input },
      ),
    )
    const people = found.filter(({ is_same }) => is_same)
    const [person] = people
    if (person !== undefined && people.length === 1) return { id: person.user_id, by: resolver.title }
    // It may be the name of another person.
    const other = found.length > 0 ? ', only by the same in other capital or small letters' : ''
    known = `, and ${layout.data} knows ${person === undefined ? `nobody by it${other}` : 'several people by it'}`
  }
  throw new UsageError(`${where} is not an id (${parsed.reason})${known}: ${parsed.remedy}${end}`)
}
