import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { replaceFile } from '../core/atomicFile.js'
import type { Effects } from '../core/effects.js'
import { LocalError, messageOf } from '../core/errors.js'
import type { Layout } from '../dataFolder/layout.js'
import { IdFinder, fingerprintOf } from './idFinder.js'

const counts = z.record(z.string(), z.number().int().nonnegative())

const tombstone = z.object({
  /** What tells at a glance that a text is not this id; the hash says whether it is. */
  length: z.number().int().positive(),
  mark: z.number().int(),
  /** SHA-256 of salt, line break and the id in lower case; hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  since: z.iso.datetime(),
  /** False while the erasure is under way, or was cut off. */
  erased: z.boolean(),
  /** Until then: paid calls for this person, by run. */
  paid: counts.optional(),
})
type Tombstone = z.infer<typeof tombstone>

const file = z.object({
  version: z.literal(1),
  salt: z.string().regex(/^[0-9a-f]{32,}$/),
  people: z.array(tombstone),
  /** Paid calls that were erased, by run: receipts count them, `raw/` has them no more. */
  paid: counts,
})

/** Who was forgotten, without their ids, as `raw/forgotten.json` has it. */
export type Tombstones = z.infer<typeof file>

/** Paid calls by run. */
export type PaidCalls = Readonly<Record<string, number>>

/** @throws LocalError when the file is there and cannot be read: whom it names must not come back */
export async function readTombstones(path: string): Promise<Tombstones> {
  if (!existsSync(path)) return { version: 1, salt: randomBytes(16).toString('hex'), people: [], paid: {} }
  try {
    return file.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it is not what creator-enrich writes' : messageOf(cause)
    throw new LocalError(
      `damaged: ${path}: ${why}; put it back from a backup: it says who was forgotten and must not come back`,
      { cause },
    )
  }
}

/** @throws LocalError when it cannot be written; then the old one stands */
export async function writeTombstones(path: string, tombstones: Tombstones): Promise<void> {
  try {
    await replaceFile(path, (part) => writeFile(part, `${JSON.stringify(tombstones, null, 2)}\n`))
  } catch (cause) {
    throw new LocalError(
      `cannot write ${path}: ${messageOf(cause)}; make room, or make the folder writable, then run the same command again`,
      { cause },
    )
  }
}

/** Finds the ids of the forgotten; undefined where there are none. */
export function forgottenFinder({ salt, people }: Tombstones): IdFinder | undefined {
  if (people.length === 0) return undefined
  const hashes = new Set(people.map(({ hash }) => hash))
  return new IdFinder(people, (id) => hashes.has(hashOf(salt, id)))
}

/** What the receipts know of and `raw/` has no more, by run. */
export function paidCalls({ people, paid }: Tombstones): PaidCalls {
  return people.reduce((sum, { paid: theirs = {} }) => merged(sum, theirs, (one, other) => one + other), paid)
}

/** Whether a person has a tombstone, and is erased or to be erased. */
export function tombstoneState({ salt, people }: Tombstones, id: string): 'unknown' | 'erasing' | 'erased' {
  const found = people.find(({ hash }) => hash === hashOf(salt, id))
  return found === undefined ? 'unknown' : found.erased ? 'erased' : 'erasing'
}

/** Whether an erasure was cut off. */
export function isUnfinished({ people }: Tombstones): boolean {
  return people.some(({ erased }) => !erased)
}

/**
 * With these people in it, to be erased. One whose erasure was cut off keeps the larger count of each run: some of the
 * calls are gone already.
 */
export function addTombstones(tombstones: Tombstones, people: ReadonlyMap<string, PaidCalls>, now: number): Tombstones {
  const next = new Map(tombstones.people.map((known) => [known.hash, known]))
  for (const [id, paid] of people) {
    const hash = hashOf(tombstones.salt, id)
    const known = next.get(hash)
    const since = known?.since ?? new Date(now).toISOString()
    next.set(hash, {
      ...fingerprintOf(id),
      hash,
      since,
      erased: false,
      paid: merged(known?.paid ?? {}, paid, Math.max),
    })
  }
  return { ...tombstones, people: [...next.values()] }
}

/** These people are erased: what their calls cost stays, whose it was does not. */
export function markErased(tombstones: Tombstones, ids: Iterable<string>): Tombstones {
  const hashes = new Set([...ids].map((id) => hashOf(tombstones.salt, id)))
  const done = (known: Tombstone): Tombstone => ({ ...known, erased: true, paid: undefined })
  const theirs = tombstones.people.filter(({ hash }) => hashes.has(hash))
  return {
    ...tombstones,
    people: tombstones.people.map((known) => (hashes.has(known.hash) ? done(known) : known)),
    paid: paidCalls({ ...tombstones, people: theirs }),
  }
}

/** Without the tombstones of these people: they may come back. */
export function removeTombstones(tombstones: Tombstones, ids: Iterable<string>): Tombstones {
  const hashes = new Set([...ids].map((id) => hashOf(tombstones.salt, id)))
  return { ...tombstones, people: tombstones.people.filter(({ hash }) => !hashes.has(hash)) }
}

function hashOf(salt: string, id: string): string {
  return createHash('sha256').update(`${salt}\n${id.toLowerCase()}`).digest('hex')
}

function merged(
  one: PaidCalls,
  other: PaidCalls,
  both: (one: number, other: number) => number,
): Record<string, number> {
  const result: Record<string, number> = { ...one }
  for (const [run, calls] of Object.entries(other)) result[run] = both(result[run] ?? 0, calls)
  return result
}

/**
 * Who must not come back; says so when an erasure was cut off, for only who knows whom it was for can complete it.
 * @returns undefined where nobody was forgotten
 * @throws LocalError when the file cannot be read
 */
export async function openTombstones({ data, forgotten }: Layout, effects: Effects): Promise<IdFinder | undefined> {
  const tombstones = await readTombstones(forgotten)
  if (isUnfinished(tombstones)) {
    effects.log(
      'warn',
      `an erasure in ${data} was cut off: give the same ids to \`creator-enrich forget\` once more, which completes it; until then files may still name them`,
    )
  }
  return forgottenFinder(tombstones)
}
