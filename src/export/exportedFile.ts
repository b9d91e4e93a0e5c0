import { createHash } from 'node:crypto'
import { replaceFile } from '../core/atomicFile.js'
import { LocalError, messageOf } from '../core/errors.js'
import { remedyFor } from '../core/remedyFor.js'
import { temporaryName } from '../core/temporaryFile.js'

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
 * @param given the name of the file until then, from `temporaryName`
 * @throws LocalError with the path, if the file cannot be written
 */
export async function exportFile(
  path: string,
  produce: (temporary: string) => Promise<number>,
  given = temporaryName(path),
): Promise<ExportedFile> {
  let rows = 0
  try {
    const write = async (temporary: string): Promise<void> => {
      rows = await produce(temporary)
    }
    const replaced = await replaceFile(path, write, 'shared', given)
    return { path, rows, replaced }
  } catch (error) {
    if (!isLocal(error)) throw error
    throw new LocalError(
      `cannot write ${path}: ${messageOf(error)}; all answers are stored: ${remedyFor(error, 'free some space, or make the folder writable')}, then run the same command again`,
      { cause: error },
    )
  }
}

/** Whether the file system is the cause, by Node's error or by DuckDB's. */
function isLocal(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || error.message.startsWith('IO Error'))
}

/**
 * The file name, without ending, of each list. A safe name stays unchanged. A changed name gets a hash, so that no two lists
 * share a file. Names that differ only in case or in how a letter is composed count as the same, as in some file systems:
 * the first of them keeps its name. Give all lists of the folder, oldest first.
 * @param isReserved whether another file has this name, in lower case
 */
export function fileNames(
  lists: readonly string[],
  isReserved: (name: string) => boolean = () => false,
): Map<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  const fold = (name: string): string => name.normalize('NFKC').toLowerCase()
  for (const list of lists) {
    if (names.has(list)) continue
    const safe = safeName(list)
    const isFree = safe === list && !taken.has(fold(safe)) && !isReserved(fold(safe))
    let name = isFree ? safe : withHash(list)
    while (taken.has(fold(name))) name += '_'
    taken.add(fold(name))
    names.set(list, name)
  }
  return names
}

/** A safe name with a part of the hash of the original name. */
function withHash(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${safeName(name)}-${hash}`
}

/** Characters that no file name should have: separators and wildcards of any system, control and invisible characters, unpaired surrogates. */
const UNSAFE = /[/\\:*?"<>|\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Device names on Windows, with any ending. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/iu

/** In bytes. File systems allow 255, and the endings need room. */
const LONGEST = 180

function safeName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(UNSAFE, '_')
    .replace(/^\.+/u, '_')
    .replace(/[. ]+$/u, '_')
  const usable = RESERVED.test(plain) ? `_${plain}` : plain
  return cutToBytes(usable === '' ? '_' : usable, LONGEST)
}

function cutToBytes(text: string, bytes: number): string {
  let cut = ''
  let size = 0
  for (const character of text) {
    size += Buffer.byteLength(character)
    if (size > bytes) break
    cut += character
  }
  return cut
}
