/** Where a known id stands in a text. */
export interface IdMatch {
  readonly from: number
  readonly to: number
  /** In lower case. */
  readonly id: string
}

/** The length and the rolling hash by which an id is recognised. The hash is the same for upper and lower case. */
export interface Fingerprint {
  readonly length: number
  readonly rollingHash: number
}

/** The text that replaces an id. */
export const FORGOTTEN = '[forgotten]'

/** Up to this number of ids, a plain search for each of them comes first: it excludes most texts faster. */
const FEW = 8
const BASE = 0x01000193
/** A shorter id may be part of another number or word: it counts only where it stands by itself. */
const UNMISTAKABLE = 16

/** The character code, with A to Z as a to z. */
function lowerCased(code: number): number {
  return code >= 65 && code <= 90 ? code | 32 : code
}

/** The next rolling hash, before the character that leaves the window is taken off. */
function extended(hash: number, code: number): number {
  return (Math.imul(hash, BASE) + code) | 0
}

export function fingerprintOf(id: string): Fingerprint {
  let rollingHash = 0
  for (let at = 0; at < id.length; at += 1) rollingHash = extended(rollingHash, lowerCased(id.charCodeAt(at)))
  return { length: id.length, rollingHash }
}

/**
 * Finds ids in texts, in any case and between any other characters. It reads a text once for each length of ids, whatever
 * their number. It can find ids of which it knows only the fingerprints: a function confirms each match.
 */
export class IdFinder {
  private readonly hashes = new Map<number, HashesOfLength>()
  private readonly byLength: readonly HashesOfLength[]
  private readonly shortest: number
  readonly longest: number

  /**
   * @param isId whether this text, in lower case, is one of the ids
   * @param few the ids in lower case, if there are only a few: texts without any of them are then skipped faster
   */
  constructor(
    fingerprints: Iterable<Fingerprint>,
    private readonly isId: (text: string) => boolean,
    readonly few?: readonly string[],
  ) {
    for (const { length, rollingHash } of fingerprints) {
      if (length === 0) continue
      const hashes = this.hashes.get(length) ?? hashesOfLength(length)
      this.hashes.set(length, hashes)
      hashes.all.add(rollingHash)
      hashes.endings[rollingHash & 0xffff] = 1
    }
    this.byLength = [...this.hashes.values()]
    this.shortest = Math.min(...this.hashes.keys())
    this.longest = Math.max(0, ...this.hashes.keys())
  }

  static of(ids: Iterable<string>): IdFinder {
    const known = new Set([...ids].map((id) => id.toLowerCase()))
    const few = known.size <= FEW ? [...known] : undefined
    return new IdFinder([...known].map(fingerprintOf), (text) => known.has(text), few)
  }

  /** Whether the whole text is one of the ids. */
  has(text: string): boolean {
    const { length, rollingHash } = fingerprintOf(text)
    return this.hashes.get(length)?.all.has(rollingHash) === true && this.isId(text.toLowerCase())
  }

  /** All ids in the text, from its start to its end. */
  find(text: string): IdMatch[] {
    if (text.length < this.shortest || this.hasNone(text)) return []
    const matches: IdMatch[] = []
    for (const hashes of this.byLength) this.collect(text, hashes, matches)
    return matches.length < 2 || this.byLength.length === 1 ? matches : withoutOverlaps(matches)
  }

  isIn(text: string): boolean {
    return this.find(text).length > 0
  }

  /** The text with each id replaced, by default by `FORGOTTEN`. The substitute is made from the id as it is written. */
  takeOut(text: string, substitute: (written: string) => string = () => FORGOTTEN): string {
    let result = ''
    let at = 0
    for (const { from, to } of this.find(text)) {
      result += text.slice(at, from) + substitute(text.slice(from, to))
      at = to
    }
    return at === 0 ? text : result + text.slice(at)
  }

  /** Whether a plain search shows that the text has no id. False proves nothing. */
  private hasNone(text: string): boolean {
    if (!this.few) return false
    const lower = text.toLowerCase()
    return !this.few.some((id) => lower.includes(id))
  }

  private collect(text: string, { length, all, endings, highest }: HashesOfLength, matches: IdMatch[]): void {
    let hash = 0
    for (let at = 0; at < length - 1; at += 1) hash = extended(hash, lowerCased(text.charCodeAt(at)))
    let leaving = 0
    for (let at = length - 1; at < text.length; at += 1) {
      hash = (extended(hash, lowerCased(text.charCodeAt(at))) - Math.imul(highest, leaving)) | 0
      const from = at - length + 1
      leaving = lowerCased(text.charCodeAt(from))
      if (endings[hash & 0xffff] === 0 || !all.has(hash)) continue
      const to = at + 1
      const id = text.slice(from, to).toLowerCase()
      if (this.isId(id) && (length >= UNMISTAKABLE || standsAlone(text, from, to))) matches.push({ from, to, id })
    }
  }
}

/** The rolling hashes of the ids of one length. */
interface HashesOfLength {
  readonly length: number
  readonly all: Set<number>
  /** For each 16-bit number, whether a hash ends in it: a quick check that excludes most texts. */
  readonly endings: Uint8Array
  /** The factor of a character in the hash when it leaves the window. */
  readonly highest: number
}

function hashesOfLength(length: number): HashesOfLength {
  let highest = 1
  for (let n = 0; n < length; n += 1) highest = Math.imul(highest, BASE)
  return { length, all: new Set(), endings: new Uint8Array(0x10000), highest }
}

function standsAlone(text: string, from: number, to: number): boolean {
  const before = text.slice(Math.max(0, from - 3), from)
  return !/[0-9a-z]/i.test(text.charAt(to)) && (!/[0-9a-z]$/i.test(before) || /%[0-9a-f]{2}$/i.test(before))
}

/** Of matches that overlap, the one that starts first and, with the same start, the longer one. */
function withoutOverlaps(matches: readonly IdMatch[]): IdMatch[] {
  const ordered = [...matches].sort((one, other) => one.from - other.from || other.to - one.to)
  const kept: IdMatch[] = []
  for (const match of ordered) if (match.from >= (kept.at(-1)?.to ?? 0)) kept.push(match)
  return kept
}
