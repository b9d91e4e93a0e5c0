import { quotedText } from '../core/duckdb.js'

/** SQL that reads files of `raw/`. Columns that a file of an older version does not have are NULL. */
export function parquet(...files: readonly string[]): string {
  const union = files.length > 1 ? ', union_by_name = true' : ''
  return `read_parquet([${files.map(quotedText).join(', ')}], hive_partitioning = false${union})`
}
