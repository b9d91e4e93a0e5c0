import { columnOf, type Pipeline, type Role } from '../model/pipeline.js'

/** What most people look for, first. */
const ROLES_FIRST: readonly Role[] = [
  'id',
  'displayName',
  'followers',
  'tier',
  'profileUrl',
  'region',
  'gender',
  'age',
  'verification',
  'engagement',
  'posts',
  'bio',
]

/** Columns of the table that are not the pipeline's, but wanted as much. */
const STATE = ['status', 'last_fetched_at']

/**
 * The columns of the wide table as the exports have them: what most people look for, other derived columns, attributes and
 * counters, the rest of the bookkeeping, then volatile columns (signed links, switches of the app), and `extra` last.
 * Within a group the order stays.
 */
export function wideOrder<Column extends { readonly name: string }>(
  pipeline: Pick<Pipeline, 'columns'>,
  columns: readonly Column[],
): Column[] {
  const first = [...ROLES_FIRST.map((role) => columnOf(pipeline, role)), ...STATE]
  const rank = ({ name }: Column): number => {
    if (first.includes(name)) return first.indexOf(name) - first.length
    const kind = pipeline.columns[name]?.kind
    if (name === 'extra') return 4
    return kind === 'derived' ? 0 : kind === 'volatile' ? 3 : kind === undefined ? 2 : 1
  }
  return columns.toSorted((one, other) => rank(one) - rank(other))
}
