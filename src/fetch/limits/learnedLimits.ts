import { randomBytes, scrypt } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import { isAbsent, unreadablePath } from '../../core/absent.js'
import { replaceFile } from '../../core/atomicFile.js'
import type { Effects } from '../../core/effects.js'
import { messageOf } from '../../core/errors.js'
import { LEARNED } from '../constants.js'

/** Limits of an upstream, learned from its answers. */
export interface LearnedLimits {
  /** Calls a second that the upstream allows. */
  readonly callsPerSecond?: number | undefined
  /** Calls in flight that do not yet slow each other down. */
  readonly inFlight?: number | undefined
}

/** What an earlier run has learned, and the place where this run keeps its own limits. */
export interface LearnedLimitsStore {
  readonly known: LearnedLimits
  /** Never fails: limits that cannot be written are learned again. */
  keep(learned: LearnedLimits): Promise<void>
}

const VERSION = 1

const entry = z.strictObject({
  learned_at: z.iso.datetime(),
  calls_per_second: z.number().min(0.01).max(1e6).nullable(),
  in_flight: z.int().min(1).max(1e6).nullable(),
})
const file = z.strictObject({
  version: z.literal(VERSION),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  upstreams: z.record(z.string(), entry),
})
type File = z.infer<typeof file>

const derive = promisify<string, string, number, Buffer>(scrypt)

/**
 * Opens `state/learned.json`. A file that is missing, damaged or of another shape counts as empty, and an entry older than a
 * month is ignored. The file does not hold the token, only a slow, salted hash of host and token together.
 */
export async function openLearnedLimits(
  path: string,
  upstream: { readonly host: string; readonly token: string },
  { now, log }: Pick<Effects, 'now' | 'log'>,
): Promise<LearnedLimitsStore> {
  const read = (await readFrom(path)) ?? { version: VERSION, salt: randomBytes(16).toString('hex'), upstreams: {} }
  const upstreams = fresh(read, now())
  const nameOf = async ({ token, host }: typeof upstream): Promise<string> =>
    (await derive(token, `${read.salt}/${host}`, 16)).toString('hex')
  // The hash is slow to make, so it is made only when the file has entries.
  const known = Object.keys(upstreams).length === 0 ? undefined : await nameOf(upstream)
  const found = known === undefined ? undefined : upstreams[known]
  return {
    known: { callsPerSecond: found?.calls_per_second ?? undefined, inFlight: found?.in_flight ?? undefined },
    async keep({ callsPerSecond, inFlight }) {
      if (callsPerSecond === undefined && inFlight === undefined) return
      const learned = {
        learned_at: new Date(now()).toISOString(),
        calls_per_second: callsPerSecond === undefined ? null : Math.round(callsPerSecond * 100) / 100,
        in_flight: inFlight ?? null,
      }
      try {
        const name = known ?? (await nameOf(upstream))
        const text = `${JSON.stringify({ ...read, upstreams: { ...upstreams, [name]: learned } }, null, 2)}\n`
        await replaceFile(path, (part) => writeFile(part, text))
      } catch (error) {
        log(
          'debug',
          `the learned limits are not kept, so the next run learns them again: ${messageOf(error)}`,
          'limits_not_kept',
        )
      }
    },
  }
}

async function readFrom(path: string): Promise<File | undefined> {
  try {
    return file.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    const isFileError = error instanceof Error && 'syscall' in error
    // A folder of that name is damage as well: it holds no limits.
    const isFolder = (error as NodeJS.ErrnoException).code === 'EISDIR'
    if (isFileError && !isFolder && !isAbsent(error)) throw unreadablePath(path, error)
    return undefined
  }
}

function fresh({ upstreams }: File, now: number): File['upstreams'] {
  return Object.fromEntries(
    Object.entries(upstreams).filter(([, { learned_at }]) => {
      const age = now - Date.parse(learned_at)
      return age <= LEARNED.oldestMs && age >= -LEARNED.clockMs
    }),
  )
}
