import { createHash } from 'node:crypto'

/** Characters that no file name should have: separators and wildcards of any system, control and invisible characters, halves of a pair. */
const UNSAFE = /[/\\:*?"<>|\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Device names on Windows, whatever follows the first dot. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/iu

/** Bytes; leaves room for the endings within the 255 that file systems allow. */
const LONGEST = 180

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

function safeName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(UNSAFE, '_')
    .replace(/^\.+/u, '_')
    .replace(/[. ]+$/u, '_')
  const usable = RESERVED.test(plain) ? `_${plain}` : plain
  return cutToBytes(usable === '' ? '_' : usable, LONGEST)
}

/** A name with a mark of its own, from the whole original name. */
function marked(name: string): string {
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${safeName(name)}-${mark}`
}

/**
 * The file name, without ending, of each list. A safe name stays as it is; one that had to be changed gets a mark, so that
 * no two lists ever share a file. Names that differ only in case or in how a letter is composed count as the same, since
 * some file systems hold them so: the first one given keeps its name. Give all lists of the folder, oldest first.
 */
export function fileNames(lists: readonly string[]): Map<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  const fold = (name: string): string => name.normalize('NFKC').toLowerCase()
  for (const list of lists) {
    if (names.has(list)) continue
    const safe = safeName(list)
    let name = safe === list && !taken.has(fold(safe)) ? safe : marked(list)
    while (taken.has(fold(name))) name += '_'
    taken.add(fold(name))
    names.set(list, name)
  }
  return names
}
