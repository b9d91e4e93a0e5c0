import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, refresh, refused, simulator } from '../support/simulated.js'

const idsTo = (n: number) => Array.from({ length: n }, (_, at) => plainId(at + 1))

/** The same server by an address that does not count as this machine. */
const remote = (url: string): string[] => ['--api', url.replace('127.0.0.1', '0.0.0.0'), '--allow-plain-http']

test('a run that names no cap and would cost more than --confirm-above needs --yes', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, idsTo(11))
  const flags = [...remote(api.url), '--price', '100']
  const { code, stderr } = await refused(enrich(list, data, api, ...flags))
  expect(code).toBe(2)
  expect(stderr).toContain(`11 ids to be fetched into ${data} would cost ¥1,100.00`)
  expect(stderr).toContain('--yes')
  expect(api.ledger.summary().calls).toBe(0)

  // A cap says how much may be spent; a yes, a higher limit and calls to this machine need no more.
  for (const [at, cap] of [
    ['--max-calls', '1'],
    ['--budget', '200'],
    ['--budget-per-day', '500'],
  ].entries()) {
    expect((await enrich(list, data, api, ...flags, ...cap)).receipt.calls.sent, cap[0]).toBe([1, 2, 2][at])
  }
  expect((await enrich(list, data, api, ...flags, '--yes', '--max-age', '0s')).receipt.calls.sent).toBe(11)
  const raised = ['--confirm-above', '1100', '--max-age', '0s']
  expect((await enrich(list, data, api, ...flags, ...raised)).receipt.calls.sent).toBe(11)
  const local = await enrich(list, data, api, '--price', '100', '--max-age', '0s')
  expect(local.receipt.calls.sent).toBe(11)
})

test('links and names to resolve count with their own calls and the profiles of those who may be found', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const list = writeList(folder, ['小红书号:kafei_1', 'https://xhslink.com/m/Confirm1', plainId(1)])
  const flags = [...remote(api.url), '--resolve', '--confirm-above', '0.7']
  const { code, stderr } = await refused(enrich(list, data, api, ...flags))
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining(`3 ids to be fetched into ${data}, 2 of them to be found by --resolve, would cost ¥0.75`),
  ])
  expect(api.ledger.summary().calls).toBe(0)
})

test('--tracked passes up to twice the last full night', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const api = await simulator()
  const expensive = [...remote(api.url), '--price', '1000', '--max-age', '0s']
  await enrich(writeList(folder, idsTo(3)), data, api, '--track')
  const sentIn = async (...args: string[]) => (await refresh(data, api, ...expensive, ...args)).receipt.calls.sent
  expect(await sentIn()).toBe(3)
  // A night with a cap is not a full one.
  expect(await sentIn('--max-calls', '1')).toBe(1)
  await enrich(writeList(folder, idsTo(6)), data, api)
  expect(await sentIn()).toBe(6)
  await enrich(writeList(folder, idsTo(13)), data, api)
  const { code, stderr } = await refused(refresh(data, api, ...expensive))
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('13 ids') as string })
  expect(await sentIn('--yes')).toBe(13)
  expect(await sentIn()).toBe(13)
})
