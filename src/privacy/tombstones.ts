import { createHash, randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { pathExists } from '../core/absent.js'
import { commandText } from '../core/commandText.js'
import type { Effects } from '../core/effects.js'
import { LocalError } from '../core/errors.js'
import { stateFile } from '../core/stateFile.js'
import { plural } from '../core/text.js'
import type { Layout } from '../dataFolder/layout.js'
import { IdFinder, fingerprintOf } from './idFinder.js'

const counts = z.record(z.string(), z.number().int().nonnegative())

const tombstone = z.object({
  /** Length and rolling hash of the id: the fingerprint, by which a text is recognised that may be this id. */
  length: z.number().int().positive(),
  mark: z.number().int(),
  /** Confirms the id: SHA-256 of salt, line break and the id in lower case; hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  since: z.iso.datetime(),
  /** False while the erasure runs, or after it was interrupted. */
  erased: z.boolean(),
  /** Until the erasure is complete: paid calls for this person, by run. */
  paid: counts.optional(),
  /** The person left the last list and is erased by `--keep-people`: the entry goes when that is complete, and keeps nobody out. */
  leaving: z.literal(true).optional(),
})
type Tombstone = z.infer<typeof tombstone>

const schema = z.object({
  version: z.literal(1),
  salt: z.string().regex(/^[0-9a-f]{32,}$/),
  people: z.array(tombstone),
  /** Paid calls that were erased, by run: the receipts still count them, `raw/` no longer has them. */
  paid: counts,
})

const REMEDY = 'put the file back from a backup: without it forgotten people could come back'
const file = stateFile(schema, REMEDY)

/** The content of `raw/forgotten.json`: the forgotten people, without their ids. */
export type Tombstones = z.infer<typeof schema>

/** Paid calls by run. */
export type PaidCalls = Readonly<Record<string, number>>

/** @throws LocalError when the file cannot be read, or is lost: the people in it must not come back */
export async function readTombstones(path: string): Promise<Tombstones> {
  const known = await file.read(path)
  if (known) return known
  // The first erasure of a folder writes the tombstones before its receipt.
  const receipts = join(dirname(path), 'erasures.json')
  if (pathExists(receipts))
    throw new LocalError(`missing: ${path}, although ${receipts} has receipts of erasures; ${REMEDY}`)
  return { version: 1, salt: randomBytes(16).toString('hex'), people: [], paid: {} }
}

/** @throws LocalError when the file cannot be written: the old one stays */
export async function writeTombstones(path: string, tombstones: Tombstones): Promise<void> {
  await file.write(path, tombstones)
}

/** Finds the ids of forgotten people; undefined if no person was forgotten. */
export function forgottenFinder({ salt, people }: Tombstones): IdFinder | undefined {
  const forgotten = people.filter(({ leaving }) => !leaving)
  return forgotten.length === 0 ? undefined : finderOf(salt, forgotten)
}

/** Finds the ids of people who left their last list and are being erased, also where only an interrupted erasure knew them. */
export function leavingFinder({ salt, people }: Tombstones): IdFinder {
  return finderOf(
    salt,
    people.filter(({ leaving }) => leaving),
  )
}

function finderOf(salt: string, people: readonly Tombstone[]): IdFinder {
  const hashes = new Set(people.map(({ hash }) => hash))
  const fingerprints = people.map(({ length, mark }) => ({ length, rollingHash: mark }))
  return new IdFinder(fingerprints, (id) => hashes.has(hashOf(salt, id)))
}

/** Erased paid calls by run: the receipts count them, `raw/` does not have them. */
export function paidCalls({ people, paid }: Tombstones): PaidCalls {
  return people.reduce((sum, person) => merged(sum, person.paid ?? {}, (one, other) => one + other), paid)
}

/** The tombstone of a person: since when, and whether the erasure is complete. Undefined if there is none. */
export function tombstoneOf({ salt, people }: Tombstones, id: string): Pick<Tombstone, 'since' | 'erased'> | undefined {
  const found = people.find(({ hash, leaving }) => !leaving && hash === hashOf(salt, id))
  return found && { since: found.since, erased: found.erased }
}

/** Whether a person has no tombstone, is still to be erased, or is erased. */
export function tombstoneState(tombstones: Tombstones, id: string): 'unknown' | 'erasing' | 'erased' {
  const found = tombstoneOf(tombstones, id)
  return found === undefined ? 'unknown' : found.erased ? 'erased' : 'erasing'
}

/** Whether an erasure was interrupted. */
export function isUnfinished({ people }: Tombstones): boolean {
  return people.some(({ erased }) => !erased)
}

/** How many people are still to be erased, because a `forget` was cut off: only a person who has the ids can complete it. */
export function countForgetting({ people }: Tombstones): number {
  return people.filter(({ erased, leaving }) => !erased && !leaving).length
}

/** How many people who left their last list are still to be erased, because that was cut off: the next run completes it. */
export function countLeaving({ people }: Tombstones): number {
  return people.filter(({ leaving }) => leaving).length
}

/** What to say where such an erasure is not complete. */
export function leavingText(tombstones: Tombstones): string {
  const people = countLeaving(tombstones)
  return `that of ${plural(people, 'person', 'people')} who left the last list was cut off: the next run completes it`
}

/** Without the people who left their last list, whose erasure is complete. The number of their paid calls stays. */
export function removeLeaving(tombstones: Tombstones): Tombstones {
  const left = tombstones.people.filter(({ leaving }) => leaving)
  return {
    ...tombstones,
    people: tombstones.people.filter(({ leaving }) => !leaving),
    paid: paidCalls({ ...tombstones, people: left }),
  }
}

/**
 * Adds these people, to be erased. After an interrupted erasure some calls are already gone, so the larger of the two
 * counts of each run is kept.
 * @param leaving they left their last list and may come back; who was forgotten before stays forgotten
 */
export function addTombstones(
  tombstones: Tombstones,
  people: ReadonlyMap<string, PaidCalls>,
  now: number,
  leaving?: true,
): Tombstones {
  const next = new Map(tombstones.people.map((known) => [known.hash, known]))
  for (const [id, paid] of people) {
    const hash = hashOf(tombstones.salt, id)
    const known = next.get(hash)
    if (leaving && known && !known.leaving) continue
    const since = known?.since ?? new Date(now).toISOString()
    const { length, rollingHash } = fingerprintOf(id)
    next.set(hash, {
      length,
      mark: rollingHash,
      hash,
      since,
      erased: false,
      paid: merged(known?.paid ?? {}, paid, Math.max),
      ...(leaving ? { leaving } : {}),
    })
  }
  return { ...tombstones, people: [...next.values()] }
}

/** Marks these people as erased. The number of their paid calls stays, but no longer by person. */
export function markErased(tombstones: Tombstones, ids: Iterable<string>): Tombstones {
  const hashes = new Set([...ids].map((id) => hashOf(tombstones.salt, id)))
  const complete = (known: Tombstone): Tombstone => ({ ...known, erased: true, paid: undefined })
  const erased = tombstones.people.filter(({ hash }) => hashes.has(hash))
  return {
    ...tombstones,
    people: tombstones.people.map((known) => (hashes.has(known.hash) ? complete(known) : known)),
    paid: paidCalls({ ...tombstones, people: erased }),
  }
}

/** Removes the tombstones of these people: they may come back. */
export function removeTombstones(tombstones: Tombstones, ids: Iterable<string>): Tombstones {
  const hashes = new Set([...ids].map((id) => hashOf(tombstones.salt, id)))
  return { ...tombstones, people: tombstones.people.filter(({ hash }) => !hashes.has(hash)) }
}

/**
 * Makes substitutes for ids in names. Lists and columns differ only by their names, so different ids get different
 * substitutes. An erasure that was cut off makes the same ones when it is completed.
 */
export function substitutes({ salt }: Tombstones): (written: string) => string {
  const digest = (written: string): string => createHash('sha256').update(`${salt}\nname\n${written}`).digest('hex')
  return (written) => `[forgotten-${digest(written).slice(0, 8)}]`
}

function hashOf(salt: string, id: string): string {
  return createHash('sha256').update(`${salt}\n${id.toLowerCase()}`).digest('hex')
}

function merged(
  one: PaidCalls,
  other: PaidCalls,
  combine: (one: number, other: number) => number,
): Record<string, number> {
  const result: Record<string, number> = { ...one }
  for (const [run, calls] of Object.entries(other)) result[run] = combine(result[run] ?? 0, calls)
  return result
}

/**
 * Finds the ids of the people who must not come back. Warns when an erasure was interrupted: only a person who has the ids
 * can complete it.
 * @returns undefined if no person was forgotten
 * @throws LocalError when the file cannot be read
 */
export async function openTombstones({ data, forgotten }: Layout, effects: Effects): Promise<IdFinder | undefined> {
  const tombstones = await readTombstones(forgotten)
  if (countForgetting(tombstones) > 0) {
    effects.log(
      'warn',
      `an erasure in ${data} was interrupted: give the same ids to \`${commandText(['forget', '<id>', '--data', data])}\` again to complete it; until then files may still name these people`,
      'erasure_unfinished',
    )
  }
  return forgottenFinder(tombstones)
}
