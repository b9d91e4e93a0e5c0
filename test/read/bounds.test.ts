import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readInput } from '../../src/read/readInput.js'
import { temporaryFolder } from '../support/folder.js'
import { pipeline } from './pipeline.js'

test.each(['c', 'a_long_name_'])('a header of a million columns, named %s and a number, is refused', async (name) => {
  const path = join(temporaryFolder(), 'wide.csv')
  writeFileSync(path, `user_id,${Array.from({ length: 1_000_000 }, (_, n) => `${name}${n}`).join()}\n`)
  await expect(readInput(path, { pipeline })).rejects.toThrow(
    `${path}, line 1: this row has more than 16,384 columns; keep only the columns that are needed`,
  )
})

test('a table of 16,384 columns is read', async () => {
  const path = join(temporaryFolder(), 'wide.csv')
  const header = `user_id,${Array.from({ length: 16_383 }, (_, n) => `c${n}`).join()}`
  writeFileSync(path, `${header}\n5f0000000000000001000a01${','.repeat(16_383)}\n`)
  const input = await readInput(path, { pipeline })
  expect([input.columns.length, input.idColumn.name]).toEqual([16_384, 'user_id'])
})

test('/dev/zero is refused', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux reads /dev/zero as these tests expect')
  await expect(readInput('/dev/zero', { pipeline })).rejects.toThrow('/dev/zero begins with NUL characters')
})

test('a pipe without an end is refused at 1 GiB', { timeout: 120_000 }, async () => {
  const chunk = Buffer.from(`5f0000000000000001000a01\n`.repeat(1 << 19))
  const stdin = Readable.from(
    (function* () {
      for (;;) yield chunk
    })(),
  )
  await expect(readInput('-', { pipeline, stdin })).rejects.toThrow(
    '<stdin> gives more than 1 GiB; save it as a file, and give that',
  )
})

test('a signal stops the wait for stdin that stays silent', async () => {
  const stop = new AbortController()
  const reading = readInput('-', { pipeline, stdin: new PassThrough(), signal: stop.signal })
  stop.abort(143)
  await expect(reading).rejects.toMatchObject({
    exitCode: 143,
    message: 'stopped by a signal while <stdin> was being read; nothing was sent',
  })
})
