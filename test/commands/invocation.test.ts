import { afterEach, expect, test } from 'vitest'
import { invocationOf } from '../../src/commands/invocation.js'
import { runCommand } from '../../src/commands/run/command.js'
import { first, openDatabase } from '../../src/core/duckdb.js'
import { limitDatabases } from '../../src/core/memory.js'

afterEach(() => limitDatabases({}))

test('--memory and --threads are the limits of every database that is opened afterwards', async () => {
  invocationOf(runCommand, [], { memory: '0.25GB', threads: '3' })
  const database = await openDatabase(':memory:')
  const { connection } = database
  expect(
    await first(connection, `SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory`),
  ).toEqual({ threads: 3, memory: '244.1 MiB' })
  await database.close()
})

test.each(['100MB', '2', '1TB'])('--memory %s is refused', (memory) => {
  expect(() => invocationOf(runCommand, [], { memory })).toThrow('expected a size such as 512MB or 2GB, at least 160MB')
})
