import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { all, openDatabase } from '../../src/core/duckdb.js'
import type { Answer, RunHeader } from '../../src/model/call.js'
import { ANSWERS, checksumSql, openPart, rawRow, withEndpoint, writePart } from '../../src/raw/callTables.js'
import { temporaryFolder } from '../support/folder.js'

const RUN: RunHeader = { runId: 'r', startedAt: 1_000, pipeline: 'p', simulated: true, host: 'h' }
const ANSWER: Answer = {
  ...{ kind: 'answer', seq: 1, id: 'id', attempt: 1, sentAt: 2_000, receivedAt: 3_000, ms: 1.5 },
  ...{ status: 200, contentType: null, retryAfter: null, body: Buffer.from('{}') },
}

test.each([
  ['whose checksum is right', ANSWER, true],
  // Times of a journal are whole milliseconds, and a reader computes the checksum from those.
  ['whose checksum readers would refuse', { ...ANSWER, sentAt: 2_000.4 }, false],
])('a file with a row %s', async (_, answer, isWritten) => {
  const database = await openDatabase(':memory:')
  const { connection } = database
  onTestFinished(() => database.close())
  const part = await openPart(connection, ANSWERS)
  part.append(rawRow(RUN, answer))
  part.close()
  const writing = writePart(connection, ANSWERS, join(temporaryFolder(), 'part.parquet'), 1)
  if (isWritten) await writing
  else await expect(writing).rejects.toThrow('does not read back as it was written')
})

test('the checksum of a call for a profile is that of older versions, whose files have no endpoint', async () => {
  const database = await openDatabase(':memory:')
  const { connection } = database
  onTestFinished(() => database.close())
  const part = await openPart(connection, ANSWERS)
  part.append(rawRow(RUN, ANSWER))
  part.append(rawRow(RUN, { ...ANSWER, seq: 2, endpoint: 'search-user' }))
  part.close()
  await connection.run('CREATE TABLE older AS SELECT * EXCLUDE (endpoint) FROM part')
  const intact = (table: string) =>
    all<{ intact: boolean }>(
      connection,
      `SELECT checksum = ${checksumSql(ANSWERS)} AS intact FROM ${withEndpoint(table)} ORDER BY seq`,
    )
  expect(await intact('part')).toEqual([{ intact: true }, { intact: true }])
  // A version that does not know endpoints must not take the call of a resolver for one of a profile.
  expect(await intact('older')).toEqual([{ intact: true }, { intact: false }])
})
