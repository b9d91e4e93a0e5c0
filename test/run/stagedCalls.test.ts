import { expect, test } from 'vitest'
import type { Call, CallEnd } from '../../src/model/call.js'
import { StagedCalls } from '../../src/run/stagedCalls.js'
import { opened } from '../load/opened.js'
import { reader, source } from '../load/people.js'

test('after a failure the calls are loaded from the journal: each once, and the fetch goes on', async () => {
  const { warehouse, load, rows } = await opened()
  const calls = source(
    'r1',
    ['u1', 'u2', 'u3', 'u4'].map((id, at) => ({ id, at, answer: { name: id } })),
  )
  const ends: CallEnd[] = []
  for await (const batch of calls.calls()) ends.push(...(batch as Call[]).filter((call) => call.kind !== 'unknown'))
  const broken: typeof reader.flatten = (value, id) => {
    if (id === 'u3') throw new Error('the disk is full\nand so on')
    return reader.flatten(value, id)
  }
  const log: string[] = []
  const run = { runId: calls.header.runId, log: (_: string, line: string) => void log.push(line) }
  const staged = await StagedCalls.open(warehouse.connection, { ...reader, flatten: broken }, run, 1)
  for (const end of ends) staged.add(end, reader.interpret(end))

  expect(staged.staging).toBeUndefined()
  expect(log).toEqual(['calls are loaded from the journal after the fetch: the disk is full'])
  expect(await load(calls)).toMatchObject({ calls: 4, profiles: 4 })
  expect(await rows('SELECT user_id, name FROM creators ORDER BY 1')).toEqual(
    ['u1', 'u2', 'u3', 'u4'].map((id) => ({ user_id: id, name: id })),
  )
})
