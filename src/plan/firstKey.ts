import type { Settings } from '../config/settings.js'
import { UsageError } from '../core/errors.js'
import { nearest } from '../core/nearest.js'
import { columnOf, type Pipeline } from '../model/pipeline.js'
import type { SortKey } from '../config/optionParsers.js'

/** Columns of `creators` beside those of the pipeline that say what is worth a call. */
const OTHER_COLUMNS = ['first_seen_at', 'last_fetched_at', 'last_changed_at', 'status']

/**
 * The column by which overdue ids of the same step are ordered: `--first`, else more followers first; undefined if the
 * pipeline has no such column.
 * @throws UsageError when `--first` names a column that table `creators` does not have
 */
export function firstKey({ first }: Pick<Settings, 'first'>, pipeline: Pick<Pipeline, 'columns'>): SortKey | undefined {
  if (first === undefined) {
    const column = columnOf(pipeline, 'followers')
    return column === undefined ? undefined : { column, descending: true }
  }
  const known = [...Object.keys(pipeline.columns), ...OTHER_COLUMNS]
  const column = known.find((name) => name.toLowerCase() === first.column.toLowerCase())
  if (column !== undefined) return { ...first, column }
  const near = nearest(first.column, known)
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `name one such as ${known.slice(0, 5).join(', ')}.`
  throw new UsageError(
    `--first: table creators has no column ${first.column}: ${hint} Table data_dictionary lists its columns; nothing was sent`,
  )
}
