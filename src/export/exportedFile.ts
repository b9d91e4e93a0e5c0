import { replaceFile } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'

export interface ExportedFile {
  /** Absolute. */
  readonly path: string
  /** Without the header. */
  readonly rows: number
  /** False if the file already had this content. */
  readonly replaced: boolean
}

/**
 * Writes one export beside its place and renames it; `produce` returns the number of rows.
 * @throws LocalError with the path, if the file cannot be written
 */
export async function exportFile(path: string, produce: (temporary: string) => Promise<number>): Promise<ExportedFile> {
  let rows = 0
  try {
    const replaced = await replaceFile(path, async (temporary) => {
      rows = await produce(temporary)
    })
    return { path, rows, replaced }
  } catch (error) {
    if (!isLocal(error)) throw error
    throw new LocalError(
      `cannot write ${path}: ${messageOf(error)}; all answers are stored: free space or make the folder writable, then run the same command again`,
      { cause: error },
    )
  }
}

/** Whether the file system is the cause, by Node's error or by DuckDB's. */
function isLocal(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || error.message.startsWith('IO Error'))
}
