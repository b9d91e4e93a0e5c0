import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrichAs, simulator } from '../support/simulated.js'

const [FIRST, SAME_ACCOUNT, OTHER_ACCOUNT] = ['first-token-of-a', 'second-token-of-a', 'only-token-of-b']
const ACCOUNTS = { [FIRST]: 'a', [SAME_ACCOUNT]: 'a', [OTHER_ACCOUNT]: 'b' }
const IDS = Array.from({ length: 9 }, (_, n) => plainId(n + 1))

test.each([
  { code: '303', at: { quota: 6 }, reason: 'quota', limit: 'account', next: 'with the token of another account' },
  { code: '601', at: { balance: 6 }, reason: 'balance', limit: 'account', next: 'take the token of another account' },
  {
    code: '602',
    at: { budget: 6 },
    reason: 'balance',
    limit: 'token',
    next: 'raise the budget of this token, or take',
  },
] as const)(
  'after $code of one token, the same command with another token goes on at once, and pays no id twice',
  async ({ code, at, reason, limit, next }) => {
    const folder = temporaryFolder()
    const data = join(folder, 'data')
    const list = writeList(folder, IDS)
    const api = await simulator({ accounts: ACCOUNTS, ...at })
    const run = (token: string) => enrichAs(token, list, data, api, '--concurrency', '1')

    const first = await run(FIRST)
    expect(first.receipt).toMatchObject({
      exit_code: 5,
      ids: { enriched: 6, parked: 3 },
      stop: { reason, code, limit },
    })
    expect(first.receipt.stop!.run_again).toContain(next)
    // Another token of the same account meets the same limit of the account, after one call.
    const second = await run(SAME_ACCOUNT)
    expect(second.receipt).toMatchObject(
      limit === 'account'
        ? { exit_code: 5, calls: { sent: 1, billed: 0 }, stop: { code } }
        : { exit_code: 0, ids: { enriched: 3, reused: 6 } },
    )
    const third = await run(OTHER_ACCOUNT)
    expect(third.receipt).toMatchObject({ exit_code: 0, ids: { read: 9, parked: 0, failed: 0 } })
    expect(api.ledger.chargesById()).toEqual(new Map(IDS.map((id) => [id, 1])))
  },
)
