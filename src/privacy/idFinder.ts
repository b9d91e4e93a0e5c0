/** Where a known id stands in a text. */
export interface IdMatch {
  readonly from: number
  readonly to: number
  /** In lower case. */
  readonly id: string
}

/** A length, and a number that every text of that length in any case has in common with the id. */
export interface Fingerprint {
  readonly length: number
  readonly mark: number
}

/** What stands in place of an id that was taken out. */
export const FORGOTTEN = '[forgotten]'

const FEW = 8
const BASE = 0x01000193
/** A shorter one may be part of another number or word: it counts only where it stands by itself. */
const UNMISTAKABLE = 16

/** Letters A to Z as a to z. */
function folded(code: number): number {
  return code >= 65 && code <= 90 ? code | 32 : code
}

/** How an id is recognised while a text is read once from its start to its end. */
export function fingerprintOf(id: string): Fingerprint {
  let mark = 0
  for (let at = 0; at < id.length; at += 1) mark = (Math.imul(mark, BASE) + folded(id.charCodeAt(at))) | 0
  return { length: id.length, mark }
}

/**
 * Finds ids in texts: in whatever case, whatever stands around them, and in one pass for each length, however many ids
 * there are. What is looked for may be known by its sign only, and by a function that knows it again.
 */
export class IdFinder {
  private readonly marks = new Map<number, Marks>()
  private readonly byLength: readonly Marks[]
  private readonly shortest: number
  readonly longest: number

  /**
   * @param knows whether this text, in lower case, is one of the ids
   * @param few the ids in lower case, if there are only a few: then a text without any of them is told faster
   */
  constructor(
    signs: Iterable<Fingerprint>,
    private readonly knows: (id: string) => boolean,
    private readonly few?: readonly string[],
  ) {
    for (const { length, mark } of signs) {
      if (length === 0) continue
      const marks = this.marks.get(length) ?? marksOf(length)
      this.marks.set(length, marks)
      marks.all.add(mark)
      marks.ends[mark & 0xffff] = 1
    }
    this.byLength = [...this.marks.values()]
    this.shortest = Math.min(...this.marks.keys())
    this.longest = Math.max(0, ...this.marks.keys())
  }

  static of(ids: Iterable<string>): IdFinder {
    const known = new Set([...ids].map((id) => id.toLowerCase()))
    const few = known.size <= FEW ? [...known] : undefined
    return new IdFinder([...known].map(fingerprintOf), (id) => known.has(id), few)
  }

  /** Whether this is one of the ids, and nothing else. */
  has(text: string): boolean {
    const { length, mark } = fingerprintOf(text)
    return this.marks.get(length)?.all.has(mark) === true && this.knows(text.toLowerCase())
  }

  /** All of them, from the start of the text to its end. */
  find(text: string): IdMatch[] {
    if (text.length < this.shortest || this.lacks(text)) return []
    const spots: IdMatch[] = []
    for (const marks of this.byLength) this.collect(text, marks, spots)
    return spots.length < 2 || this.byLength.length === 1 ? spots : withoutOverlaps(spots)
  }

  isIn(text: string): boolean {
    return this.find(text).length > 0
  }

  /** The text without them. */
  takeOut(text: string): string {
    let rest = ''
    let at = 0
    for (const { from, to } of this.find(text)) {
      rest += text.slice(at, from) + FORGOTTEN
      at = to
    }
    return at === 0 ? text : rest + text.slice(at)
  }

  private lacks(text: string): boolean {
    if (!this.few) return false
    const lower = text.toLowerCase()
    return !this.few.some((id) => lower.includes(id))
  }

  private collect(text: string, { length, all, ends, highest }: Marks, spots: IdMatch[]): void {
    let mark = 0
    for (let at = 0; at < length - 1; at += 1) mark = (Math.imul(mark, BASE) + folded(text.charCodeAt(at))) | 0
    let left = 0
    for (let at = length - 1; at < text.length; at += 1) {
      const code = folded(text.charCodeAt(at))
      mark = (Math.imul(mark, BASE) + code - Math.imul(highest, left)) | 0
      const from = at - length + 1
      left = folded(text.charCodeAt(from))
      if (ends[mark & 0xffff] === 0 || !all.has(mark)) continue
      const to = at + 1
      const id = text.slice(from, to).toLowerCase()
      if (this.knows(id) && (length >= UNMISTAKABLE || standsAlone(text, from, to))) spots.push({ from, to, id })
    }
  }
}

/** The signs of one length. */
interface Marks {
  readonly length: number
  readonly all: Set<number>
  /** Whether any of them ends in these 16 bits: tells in a moment that most texts have none. */
  readonly ends: Uint8Array
  /** What a character counts in a mark by the time it leaves it. */
  readonly highest: number
}

function marksOf(length: number): Marks {
  let highest = 1
  for (let n = 0; n < length; n += 1) highest = Math.imul(highest, BASE)
  return { length, all: new Set(), ends: new Uint8Array(0x10000), highest }
}

function standsAlone(text: string, from: number, to: number): boolean {
  const before = text.slice(Math.max(0, from - 3), from)
  return !/[0-9a-z]/i.test(text.charAt(to)) && (!/[0-9a-z]$/i.test(before) || /%[0-9a-f]{2}$/i.test(before))
}

/** The longer one of two that share a place. */
function withoutOverlaps(spots: readonly IdMatch[]): IdMatch[] {
  const ordered = [...spots].sort((one, other) => one.from - other.from || other.to - one.to)
  const kept: IdMatch[] = []
  for (const spot of ordered) if (spot.from >= (kept.at(-1)?.to ?? 0)) kept.push(spot)
  return kept
}
