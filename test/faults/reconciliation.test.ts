import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { STATUSES, type Receipt } from '../../src/model/receipt.js'
import type { Entry } from '../../src/simulator/ledger.js'
import { temporaryFolder } from '../support/folder.js'
import { published } from '../support/published.js'
import { enrichUntil, simulator } from '../support/simulated.js'
import { LONG, sample, sized } from './size.js'

/** The ends of ids: plain profiles, and markers for empty and wrong answers, codes, faults of the connection. */
const ID_ENDS = [
  '0a01',
  '0a02',
  '0a03',
  '0a04',
  '0a05',
  '5eed27',
  '5eed01',
  '5eed04',
  'c0de0400',
  'c0de0201',
  'c0de0301',
  'c0de1301',
  'c0de1302',
  'c0de0500',
  'c0de0777',
  'fa170001',
  'fa171001',
  'fa171006',
  'fa170008',
  'fa170020',
  'fa170062',
]
const NO_PROFILE = /(?:5eed01|5eed04|c0de0[1-9]\d\d|fa170001|fa170008|fa170020|fa170062)$/

/** Cells without an id, with their reject reasons. */
const REJECTED: Readonly<Record<string, string>> = {
  '': 'empty',
  '5.6E+23': 'ruined_number',
  '5f00000000000000': 'wrong_length',
  'https://www.xiaohongshu.com/explore/5f000000000000000000abcd': 'note_without_user',
  'http://xhslink.com/a/b1C2': 'short_link',
}

interface Row {
  readonly cell: string
  readonly id?: string
  readonly note: string
}

const idRow = fc
  .record({ end: fc.nat(ID_ENDS.length - 1), form: fc.nat(3) })
  .map(({ end, form }): Omit<Row, 'note'> => {
    const id = `5f${ID_ENDS[end]!.padStart(22, '0')}`
    const forms = [id, id.toUpperCase(), ` ${id}\t`, `看看 https://www.xiaohongshu.com/user/profile/${id}?x=1 吧`]
    return { id, cell: forms[form]! }
  })
const badRow = fc.constantFrom(...Object.keys(REJECTED)).map((cell): Omit<Row, 'note'> => ({ cell }))
const row: fc.Arbitrary<Row> = fc
  .tuple(fc.oneof({ weight: 5, arbitrary: idRow }, { weight: 1, arbitrary: badRow }), fc.string({ maxLength: 4 }))
  // The note is never empty, so no row is blank; and it never starts like a formula, which other tests cover.
  .map(([cells, note]) => ({ ...cells, note: `n${note.replace(/[\p{C}]/gu, '')}` }))

interface Turn {
  readonly attempts: number
  readonly maxCalls?: number
  readonly retryFailed: boolean
  readonly hold: boolean
  readonly stale: boolean
  /** What stops the run, and at which of its calls. */
  readonly stop?: { readonly by: 'signal' | 'quota' | 'balance' | 'token'; readonly at: number }
}

const turn: fc.Arbitrary<Turn> = fc
  .record(
    {
      attempts: fc.integer({ min: 1, max: 3 }),
      maxCalls: fc.nat(12),
      retryFailed: fc.constantFrom(false, false, false, true),
      hold: fc.boolean(),
      stale: fc.boolean(),
      stop: fc.record({
        by: fc.constantFrom('signal' as const, 'quota' as const, 'balance' as const, 'token' as const),
        at: fc.integer({ min: 1, max: 12 }),
      }),
    },
    { requiredKeys: ['attempts', 'retryFailed', 'hold', 'stale'] },
  )
  .map((given): Turn => given)

function flagsOf({ attempts, maxCalls, retryFailed, hold, stale }: Turn): string[] {
  return [
    ...['--attempts', String(attempts), '--concurrency', '3', '--max-failed', '100%'],
    ...['--max-age', stale ? '0s' : '20h', '--on-ambiguous', hold ? 'hold' : 'retry'],
    ...(maxCalls === undefined ? [] : ['--max-calls', String(maxCalls)]),
    ...(retryFailed ? ['--retry-failed'] : []),
  ]
}

const CODES = { quota: 303, balance: 601, token: 100 } as const
const EXITS = { signal: 143, quota: 5, balance: 5, token: 4 } as const

type Member = { row_number: number; user_id: string | null; status: string; reason: string | null }
const MEMBERS = 'SELECT row_number, user_id, status, reason FROM list_members ORDER BY row_number'

test(
  'with any rows, answers and stops: every row and id has one status, and the ledger agrees with it',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 24 }),
        fc.array(turn, { minLength: 1, maxLength: 3 }),
        async (rows, turns) => {
          const folder = temporaryFolder()
          const data = join(folder, 'data')
          const list = join(folder, 'people.csv')
          const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`
          writeFileSync(
            list,
            `user_id,note\n${rows.map(({ cell, note }) => `${quoted(cell)},${quoted(note)}\n`).join('')}`,
          )

          let current: { stop?: Turn['stop']; arrived: number; controller: AbortController } | undefined
          const api = await simulator({
            before: () => {
              const { stop, controller } = current!
              current!.arrived += 1
              if (!stop || current!.arrived < stop.at) return undefined
              if (stop.by !== 'signal') return { code: CODES[stop.by] }
              controller.abort(143)
              return undefined
            },
          })
          const everAnswered = new Set<string>()

          for (const given of turns) {
            current = { ...(given.stop ? { stop: given.stop } : {}), arrived: 0, controller: new AbortController() }
            const before = api.ledger.entries.length
            const { receipt } = await enrichUntil(current.controller.signal, list, data, api, ...flagsOf(given))
            const calls = api.ledger.entries.slice(before)
            await check({ rows, given, receipt, calls, everAnswered, data })
          }
          await api.close()
        },
      ),
      // The short form always runs the same cases.
      { numRuns: sample(6, 100), ...(LONG ? {} : { seed: 20_261_123 }), endOnFailure: true },
    )
  },
  sized(60_000, 120 * 60_000),
)

interface EndedRun {
  readonly rows: readonly Row[]
  readonly given: Turn
  readonly receipt: Receipt
  readonly calls: readonly Entry[]
  /** Ids with a profile from any run so far; `check` adds to it. */
  readonly everAnswered: Set<string>
  readonly data: string
}

async function check({ rows, given, receipt, calls, everAnswered, data }: EndedRun): Promise<void> {
  const callsById = new Map<string, Entry[]>()
  for (const call of calls) callsById.set(call.id, [...(callsById.get(call.id) ?? []), call])
  const members = await published<Member>(data, MEMBERS)

  // Each row is stored once, in order; each reject has its reason and no id.
  expect(members.map(({ row_number, user_id }) => [row_number, user_id])).toEqual(
    rows.map(({ id }, at) => [at + 1, id ?? null]),
  )
  for (const [at, { cell, id }] of rows.entries()) {
    if (id === undefined) expect(members[at]).toMatchObject({ status: 'rejected', reason: REJECTED[cell] })
  }

  // The receipt counts what is stored, by row and by id.
  const ids = new Map(members.flatMap((member) => (member.user_id === null ? [] : [[member.user_id, member]])))
  const count = (of: Iterable<Member>) => {
    const all = [...of]
    const each = STATUSES.map((status) => [status, all.filter((member) => member.status === status).length])
    return { read: all.length, ...Object.fromEntries(each) } as Record<string, number>
  }
  expect(receipt.rows).toEqual(count(members))
  expect(receipt.ids).toEqual(count(ids.values()))
  expect(receipt.reconciled).toBe(true)
  expect(new Set(members.map(({ user_id, status, reason }) => `${user_id} ${status} ${reason}`)).size).toBe(
    new Set(members.map(({ user_id, reason }) => user_id ?? `reject ${reason}`)).size,
  )

  // The ledger: the receipt reports every call, no cap is exceeded, and each charge is billed or maybe billed.
  const charged = calls.filter((call) => call.charged).length
  expect(receipt.calls.sent).toBe(calls.length)
  expect(receipt.asked_ids).toBe(callsById.size)
  expect(receipt.calls.billed).toBeLessThanOrEqual(charged)
  expect(receipt.calls.billed + receipt.calls.maybe_billed).toBeGreaterThanOrEqual(charged)
  if (given.maxCalls !== undefined) expect(calls.length).toBeLessThanOrEqual(given.maxCalls)

  // Each status follows from the calls of this run and from earlier profiles.
  for (const [id, { status, reason }] of ids) {
    const entries = callsById.get(id) ?? []
    const gotProfile = entries.some(({ charged, sentWhole }) => charged && sentWhole) && !NO_PROFILE.test(id)
    expect([id, status === 'enriched']).toEqual([id, gotProfile])
    expect(entries.filter(({ charged, sentWhole }) => charged && sentWhole).length).toBeLessThanOrEqual(1)
    if (status === 'reused') expect([id, everAnswered.has(id), entries]).toEqual([id, true, []])
    if (gotProfile) everAnswered.add(id)
    if (status === 'parked') expect(parkReasons(given)).toContain(reason)
  }
  if (receipt.stop && receipt.stop.reason !== 'cap') {
    expect(given.stop && EXITS[given.stop.by]).toBe(receipt.exit_code)
  } else {
    const asked = [...callsById.keys()].map((id) => ids.get(id)!.status)
    const allFailed = asked.length > 0 && asked.every((status) => status === 'failed')
    expect(receipt.exit_code).toBe(allFailed ? 3 : 0)
  }

  // The export has one line for each row, with its own cells, and the profile if any run has received one.
  const exported = parse<Record<string, string>>(readFileSync(join(data, 'exports', 'people.enriched.csv')), {
    bom: true,
    columns: true,
  })
  expect(exported.map((line) => [line['user_id'], line['note'], line['enrich_status'], line['enrich_reason']])).toEqual(
    rows.map(({ cell, note }, at) => [cell, note, members[at]!.status, members[at]!.reason ?? '']),
  )
  for (const [at, { id }] of rows.entries()) {
    expect([id, exported[at]!['as_of'] !== '']).toEqual([id, id !== undefined && everAnswered.has(id)])
  }
}

function parkReasons({ maxCalls, stop, retryFailed }: Turn): string[] {
  return [
    ...(maxCalls === undefined ? [] : ['cap']),
    ...(stop ? [{ signal: 'stopped', token: 'stopped', quota: 'quota', balance: 'balance' }[stop.by]] : []),
    ...(retryFailed ? ['not_failed'] : []),
  ]
}
