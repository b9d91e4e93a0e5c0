import { expect, onTestFinished, test } from 'vitest'
import { databaseMemory } from '../../../src/core/memory.js'
import { EXIT, run, RunError, UsageError } from '../../../src/index.js'
import { loadPipeline } from '../../../src/model/pipeline.js'
import { placeEmptyWarehouse } from '../../support/emptyWarehouse.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { simulator, TOKEN } from '../../support/simulated.js'
import { join } from 'node:path'

const IDS = Array.from({ length: 6 }, (_, at) => plainId(at))

async function place(options: Parameters<typeof simulator>[0] = {}) {
  const folder = temporaryFolder()
  const api = await simulator(options)
  const task = { inputs: writeList(folder, IDS), data: join(folder, 'data'), api: api.url, noReport: true }
  await placeEmptyWarehouse(task.data, await loadPipeline(undefined))
  return { folder, api, task: { ...task, env: { JUSTONEAPI_TOKEN: TOKEN } } }
}

test('options by name give the receipt; nothing is written without a logger, and no signal is handled', async () => {
  const { task, api } = await place()
  const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)])
  const added: (string | symbol)[] = []
  const note = (name: string | symbol): void => void added.push(name)
  process.on('newListener', note)
  onTestFinished(() => void process.off('newListener', note))
  const receipt = await run({ ...task, maxCalls: 4, track: true, memory: '300MB' })
  expect(receipt).toMatchObject({ exit_code: 0, calls: { sent: 4 }, ids: { read: 6, enriched: 4, parked: 2 } })
  // A start that fails looks for its lists in the published file.
  await expect(run({ ...task, tracked: true })).rejects.toThrow('--tracked')
  expect(added.filter((name) => String(name).startsWith('SIG'))).toEqual([])
  process.off('newListener', note)
  expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(listeners)
  expect(databaseMemory({ total: 64 * 2 ** 30, free: 60 * 2 ** 30 })).toBe(1024)

  const logged: [string, string][] = []
  const write = (level: string) => (message: string) => void logged.push([level, message])
  const logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  expect(await run({ ...task, inputs: [], tracked: true, logger })).toMatchObject({
    calls: { sent: 2 },
    ids: { reused: 4 },
  })
  expect(logged).toContainEqual(['info', expect.stringContaining(`calls go to ${new URL(api.url).host}`)])
})

test('an option wins over its variable, also a switch that is false; no file .env, no other variable', async () => {
  const { task } = await place()
  const env = { ...task.env, CREATOR_ENRICH_MAX_CALLS: '1', CREATOR_ENRICH_NO_BOM: 'true', CREATOR_ENRICH_PRICE: '0.2' }
  const receipt = await run({ ...task, env, maxCalls: 3, noBom: false })
  expect(receipt).toMatchObject({ calls: { sent: 3 }, money: { price: 0.2 } })
})

test.each([
  [{ maxAge: 'old' }, '--max-age: expected a duration'],
  [{ maxages: '7d' }, 'run() has no option maxages; it has data, '],
  [{ json: true }, 'run() has no option json'],
  [{ token: 'two words' }, 'JUSTONEAPI_TOKEN: the token holds a blank'],
  [{ inputs: 'absent.csv' }, 'absent.csv'],
])('%j is thrown with exit code 2', async (wrong, message) => {
  const { task } = await place()
  const error = await run({ ...task, ...wrong }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UsageError)
  expect(error).toBeInstanceOf(RunError)
  expect(error).toMatchObject({ exitCode: EXIT.usage, message: expect.stringContaining(message) as string })
})

test('a token that is refused ends in a receipt; one that the API echoes is redacted', async () => {
  const { task, api } = await place({ tokens: ['another'] })
  const receipt = await run({ ...task, env: {}, token: TOKEN })
  expect(receipt).toMatchObject({ exit_code: EXIT.refused, stop: { reason: 'token' } })
  expect(JSON.stringify(receipt)).not.toContain(TOKEN)
  expect(api.ledger.entries.length).toBeGreaterThan(0)
})

test.each([
  [undefined, EXIT.interrupted],
  [EXIT.terminated, EXIT.terminated],
])('a signal that aborts with %s stops the run in order, and the same call continues', async (reason, code) => {
  const { task, api } = await place({ latencyMs: 20 })
  const stop = new AbortController()
  const watch = setInterval(() => api.ledger.entries.length > 0 && stop.abort(reason), 2)
  const receipt = await run({ ...task, concurrency: 1, signal: stop.signal }).finally(() => clearInterval(watch))
  expect(receipt).toMatchObject({ exit_code: code, stop: { reason: 'signal' } })
  expect(await run(task)).toMatchObject({ exit_code: 0, ids: { parked: 0 } })
  expect(new Set(api.ledger.entries.map(({ id }) => id)).size).toBe(6)
})

test('a signal that has aborted before anything was sent is thrown', async () => {
  const { task, api } = await place()
  await expect(run({ ...task, signal: AbortSignal.abort() })).rejects.toMatchObject({ exitCode: EXIT.interrupted })
  expect(api.ledger.entries).toEqual([])
})
