import { quotedText } from '../core/duckdb.js'
import { messageOf, StoppedError, UsageError } from '../core/errors.js'
import { parquetMemory } from '../core/memory.js'
import { OUT_OF_MEMORY } from '../core/remedyFor.js'

/** One thread keeps the rows in the order of the file, and holds only one row group in memory. */
export function readerOptions() {
  return { threads: 1, memoryLimit: `${parquetMemory()}MB` }
}

/** The path is taken literally: pattern characters are put in brackets, and folder names like `a=b` do not add columns. */
export function parquetSql(path: string): string {
  return `read_parquet(${pathPattern(path)}, hive_partitioning = false)`
}

export function pathPattern(path: string): string {
  return quotedText(path.replace(/[[*?]/g, (character) => `[${character}]`))
}

export function stopAt(path: string, signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new StoppedError(`stopped by a signal while ${path} was being read; nothing was sent`, Number(signal.reason))
}

export function parquetError(path: string, error: unknown, megabytes = parquetMemory()): Error {
  if (error instanceof UsageError || error instanceof StoppedError) return error
  const [line = ''] = messageOf(error).split('\n')
  if (OUT_OF_MEMORY.test(line)) {
    const what = `${path} needs more than ${megabytes} MB, half of the free memory, to be read as Parquet`
    return new UsageError(`${what}; write it with smaller row groups, give it more memory, or give CSV`, {
      cause: error,
    })
  }
  return new UsageError(`${path} cannot be read as Parquet (${reasonOf(line)}); write it again, or give CSV`, {
    cause: error,
  })
}

/** DuckDB calls whatever it does not expect in a file an internal error, which reads as a bug of this program. */
function reasonOf(line: string): string {
  const text = line.replace(/^(?:[A-Z]\w* )+Error: /i, '')
  return /^INTERNAL|fatal/i.test(line) ? `it is damaged or has an unusual form: ${text}` : text
}
