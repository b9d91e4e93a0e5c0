import { createHmac, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { stateFile } from '../core/stateFile.js'
import { version } from '../core/version.js'
import type { IdFinder } from './idFinder.js'

const touched = z.object({
  /** Under the data folder, with `/`; an id in it is replaced. */
  path: z.string(),
  how: z.enum(['rewritten', 'removed', 'rebuilt']),
})

const erasure = z.object({
  started_at: z.iso.datetime(),
  /** Absent while the erasure runs, or after it was interrupted. */
  finished_at: z.iso.datetime().optional(),
  /** HMAC-SHA256 of each id in lower case, with the key of the file; hex. */
  people: z.array(z.string().regex(/^[0-9a-f]{64}$/)),
  /** They left their last list (`--keep-people`). */
  keep_people: z.literal(true).optional(),
  /** The version of creator-enrich. */
  version: z.string(),
  files: z.array(touched),
  /** The search after the erasure; absent before it. */
  verified: z
    .object({
      /** Files that still named one of these people: only files that are not creator-enrich's. */
      named: z.number().int().nonnegative(),
      unsearched: z.number().int().nonnegative(),
    })
    .optional(),
})

type StoredErasure = z.infer<typeof erasure>
/** The receipt of one erasure, without the people. */
export type ErasureReceipt = Omit<StoredErasure, 'people'>
export type TouchedFile = z.infer<typeof touched>

const schema = z.object({
  version: z.literal(1),
  key: z.string().regex(/^[0-9a-f]{64}$/),
  erasures: z.array(erasure),
})

const file = stateFile(
  schema,
  'put the file back from a backup, or move it away: the receipts of earlier erasures are lost then',
)

/** The content of `raw/erasures.json`: the receipts of erasures, without ids. */
export type Erasures = z.infer<typeof schema>

/** @throws LocalError when the file exists and cannot be read */
export async function readErasures(path: string): Promise<Erasures> {
  return (await file.read(path)) ?? { version: 1, key: randomBytes(32).toString('hex'), erasures: [] }
}

/** @throws LocalError when the file cannot be written: the old one stays */
export async function writeErasures(path: string, erasures: Erasures): Promise<void> {
  await file.write(path, erasures)
}

/** The erasures of this person, oldest first. */
export function erasuresOf({ key, erasures }: Erasures, id: string): ErasureReceipt[] {
  const person = keyed(key, id)
  const found = erasures.filter(({ people }) => people.includes(person))
  return found.map(
    (each): ErasureReceipt =>
      Object.fromEntries(Object.entries(each).filter(([key]) => key !== 'people')) as ErasureReceipt,
  )
}

/**
 * Opens the receipt before the first file changes, with the files that will change. An erasure of these people that was
 * interrupted is continued: its files are gone from the search, and stay in the receipt.
 * @param keepPeople they left their last list: continues any such erasure, as its ids may be known no more
 */
export function beginErasure(
  before: Erasures,
  ids: readonly string[],
  files: readonly TouchedFile[],
  now: number,
  keepPeople?: true,
): Erasures {
  const people = ids.map((id) => keyed(before.key, id))
  const isSame = (each: StoredErasure): boolean =>
    each.finished_at === undefined &&
    each.keep_people === keepPeople &&
    (keepPeople ?? each.people.some((person) => people.includes(person)))
  const continued = before.erasures.filter(isSame)
  const begun: StoredErasure = {
    started_at: continued[0]?.started_at ?? new Date(now).toISOString(),
    people: [...new Set([...continued.flatMap((each) => each.people), ...people])],
    ...(keepPeople ? { keep_people: keepPeople } : {}),
    version,
    files: merged([...continued.flatMap((each) => each.files), ...files]),
  }
  return { ...before, erasures: [...before.erasures.filter((each) => !isSame(each)), begun] }
}

/** Closes the receipt that `beginErasure` has opened. The files of the receipt and of the search are then final. */
export function finishErasure(
  before: Erasures,
  ids: readonly string[],
  done: Required<Pick<ErasureReceipt, 'files' | 'verified'>>,
  now: number,
  keepPeople?: true,
): Erasures {
  const begun = beginErasure(before, ids, done.files, now, keepPeople)
  const last = begun.erasures.at(-1)!
  const finished: StoredErasure = { ...last, finished_at: new Date(now).toISOString(), verified: done.verified }
  return { ...begun, erasures: [...begun.erasures.slice(0, -1), finished] }
}

/** Takes ids out of the paths of all receipts: a list may be called after a person who is forgotten later. */
export function withoutIdsInPaths(before: Erasures, finder: IdFinder): Erasures {
  const clean = ({ path, how }: TouchedFile): TouchedFile => ({ path: finder.takeOut(path), how })
  return { ...before, erasures: before.erasures.map((each) => ({ ...each, files: each.files.map(clean) })) }
}

function merged(files: readonly TouchedFile[]): TouchedFile[] {
  const byPath = new Map(files.map((each) => [each.path, each]))
  return [...byPath.values()].sort((one, other) => (one.path < other.path ? -1 : 1))
}

function keyed(key: string, id: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(id.toLowerCase()).digest('hex')
}
