import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { UsageError } from '../../src/core/errors.js'
import { readInput, type Input, type Member, type ReadOptions } from '../../src/read/readInput.js'
import { pipeline } from './pipeline.js'

const numbered = (n: number) => `5f00000000000000${n.toString(16).padStart(8, '0')}`

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'read-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder(), name)
  writeFileSync(path, content)
  return path
}

async function everything(input: Input): Promise<Member[]> {
  const members: Member[] = []
  for await (const batch of input.rows()) members.push(...batch)
  return members
}

async function refusal(source: string, options: Partial<ReadOptions> = {}): Promise<string> {
  try {
    await everything(await readInput(source, { pipeline, ...options }))
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  throw new Error('the input was not refused')
}

test('a list is named after its file, and its source is an absolute path', async () => {
  const path = file('spring.creators.csv', `user_id\n${numbered(1)}\n`)
  const input = await readInput(path, { pipeline })
  expect([input.source, input.list]).toEqual([path, 'spring.creators'])
  const packed = file('spring.creators.csv.gz', gzipSync(`user_id\n${numbered(1)}\n`))
  expect((await readInput(packed, { pipeline })).list).toBe('spring.creators')
})

test('rows can be read again, also from stdin', async () => {
  const text = `user_id\n${numbered(1)}\n`
  const input = await readInput(file('a.csv', text), { pipeline })
  expect(await everything(input)).toEqual(await everything(input))
  const piped = await readInput('-', { pipeline, stdin: Readable.from([text]) })
  expect([piped.source, piped.list]).toEqual(['<stdin>', ''])
  expect(await everything(piped)).toHaveLength(1)
  expect(await everything(piped)).toEqual(await everything(input))
  await piped.close()
  await expect(everything(piped)).rejects.toThrow('closed')
})

test('rows come in batches of up to 1,000, with consecutive numbers', async () => {
  const count = 25_000
  const lines = Array.from({ length: count }, (_, n) => `${numbered(n)},示例${n}\n`)
  const path = file('many.csv', `user_id,note\n${lines.join('')}`)
  const input = await readInput(path, { pipeline })
  let seen = 0
  for await (const batch of input.rows()) {
    expect(batch.length).toBeLessThanOrEqual(1000)
    for (const member of batch) {
      seen += 1
      expect(member.rowNumber).toBe(seen)
      expect(member.line).toBe(seen + 1)
      expect(member.parsed).toEqual({ id: numbered(seen - 1) })
    }
  }
  expect(seen).toBe(count)
})

test('memory stays constant for an input of any length', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const note = 'n'.repeat(1000)
  function* text() {
    yield 'user_id,note\n'
    for (let part = 0; part < 300; part += 1) {
      yield Array.from({ length: 100 }, (_, n) => `${numbered(part * 100 + n)},${note}\n`).join('')
    }
  }
  const input = await readInput('-', { pipeline, stdin: Readable.from(text()) })
  const kept: number[] = []
  let seen = 0
  for await (const batch of input.rows()) {
    seen += batch.length
    if (seen % 2000 > batch.length) continue
    collect()
    kept.push(process.memoryUsage().heapUsed + process.memoryUsage().external)
  }
  expect(seen).toBe(30_000)
  // Each third of the text has 10 MB. In the first one the buffers of all steps fill. Free memory that is not yet released
  // varies, so the minimum of each third counts.
  const third = kept.length / 3
  const [middle, last] = [kept.slice(third, 2 * third), kept.slice(2 * third)]
  expect(Math.min(...last) - Math.min(...middle)).toBeLessThan(2_500_000)
})

test('any cells that are written as CSV are read back with their line numbers', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', '示', '𠮷', ' ', ';'), maxLength: 8 })
  const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 30 })
  const path = join(folder(), 'any.csv')
  await fc.assert(
    fc.asyncProperty(rows, fc.constantFrom('\n', '\r\n'), async (cells, lineEnd) => {
      const full = cells.map(([a, b], n) => [a, numbered(n), b])
      const header = `note,user_id,more${lineEnd}`
      writeFileSync(path, header + stringify(full, { record_delimiter: lineEnd, quoted_string: true }))
      const members = await everything(await readInput(path, { pipeline }))
      expect(members.map((member) => member.cells)).toEqual(full)
      let line = 2
      for (const [index, member] of members.entries()) {
        expect(member.line).toBe(line)
        line += 1 + (full[index]!.join('').match(/\r\n|\n/g)?.length ?? 0)
      }
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('the id column is searched in the first 200 rows only, and all rows are read', async () => {
  const lines = Array.from({ length: 300 }, (_, n) => `示例${n},${n < 200 ? numbered(n) : ''},x\n`)
  const input = await readInput(file('a.csv', `who,where,what\n${lines.join('')}`), { pipeline })
  expect(input.idColumn).toMatchObject({ name: 'where', how: 'by content' })
  const members = await everything(input)
  expect(members).toHaveLength(300)
  expect(members[299]).toMatchObject({ rowNumber: 300, line: 301, cell: '', parsed: { reason: 'empty' } })
})

/** A table with ids, and with links that have another id in some rows. */
function twoColumns(rows: number, different: number, empty: number): string {
  const lines = Array.from({ length: rows }, (_, n) => {
    const link = `https://example.com/people/${numbered(n < different ? n + 5000 : n)}`
    return `${n >= rows - empty ? '' : numbered(n)},${link}\n`
  })
  return file('two.csv', `user_id,market\n${lines.join('')}`)
}

test('a row with an empty id cell takes the id of another column that agrees in 95 % of all rows', async () => {
  const input = await readInput(twoColumns(1010, 50, 10), { pipeline })
  expect(input.idColumn.explanation).toBe(
    'ids are read from column "user_id", found by its name; 10 rows without an id there take theirs from column "market", which agrees',
  )
  const ids = (await everything(input)).map(({ parsed }) => 'id' in parsed && parsed.id)
  expect(ids).toEqual(Array.from({ length: 1010 }, (_, n) => numbered(n)))
})

test('a column that agrees in fewer rows, or in no row, gives no id', async () => {
  for (const path of [twoColumns(1010, 51, 10), twoColumns(10, 0, 10)]) {
    const input = await readInput(path, { pipeline, column: 'user_id' })
    expect(input.idColumn.explanation).toBe('ids are read from column "user_id", given by --column')
    const members = await everything(input)
    expect(members.filter(({ parsed }) => 'reason' in parsed && parsed.reason === 'empty')).toHaveLength(10)
  }
})

test('an error about a wide table names its first columns only', async () => {
  const header = Array.from({ length: 1000 }, (_, n) => `column ${n}`).join()
  const path = file('wide.csv', `${header}\n${','.repeat(999)}\n`)
  expect(await refusal(path, { column: 'creator' })).toMatch(/"column 19" and 980 more$/)
})

test('a quote that is never closed does not take the whole file into memory', async () => {
  const path = file('quote.csv', `user_id,note\n${numbered(1)},"${`${'x'.repeat(99)}\n`.repeat(200_000)}`)
  expect(await refusal(path)).toMatch(/line 2: the row has more than 8 MB, perhaps because a quote is never closed/)
  // Three bytes a character.
  const long = file('long.csv', `user_id,note\n${numbered(1)},${'长'.repeat(3_000_000)}\n`)
  expect(await refusal(long)).toMatch(/line 2: the row has more than 8 MB,/)
})

test('a path that cannot be opened is refused with the absolute path and a remedy', async () => {
  const path = folder()
  expect(await refusal(join(path, 'none.csv'))).toBe(`${path}/none.csv does not exist; check the path`)
  expect(await refusal(path)).toBe(`${path} is a folder; give a file`)
  const inner = join(file('a.csv', 'x'), 'b.csv')
  expect(await refusal(inner)).toBe(`${inner} does not exist; check the path`)
  expect(await refusal('https://a.test/b.csv')).toMatch(/^https:\/\/a\.test\/b\.csv is a URL, not a file: download it/)
  expect(await refusal(numbered(1))).toContain('is not a file, but looks like an id: put ids into a file')
  const link = `https://a.test/user/${numbered(1)}`
  const said = `${link} is a link, not a file: put links into a file, one on each line, or pipe one: \`echo "…" | creator-enrich run - --list NAME\``
  expect(await refusal(link)).toBe(said)
  expect(await refusal(`${link}?xsec_token=AB/C=&from=x`)).toBe(said)
})

test('a file that gives an error instead of bytes is refused', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux has /proc/self/mem')
  expect(await refusal('/proc/self/mem')).toMatch(/^\/proc\/self\/mem cannot be read \(EIO/)
})

test('a file that this user may not read is refused', async ({ skip }) => {
  skip(process.platform !== 'linux' || process.getuid?.() === 0, 'no mode counts for root')
  const path = file('a.csv', `user_id\n${numbered(1)}\n`)
  execFileSync('chmod', ['000', path])
  expect(await refusal(path)).toMatch(/may not be read by this user/)
})

test('a named pipe is read once, like stdin', async () => {
  const path = join(folder(), 'pipe.csv')
  execFileSync('mkfifo', [path])
  const writing = writeFile(path, `user_id\n${numbered(1)}\n`)
  const input = await readInput(path, { pipeline })
  await writing
  expect(await everything(input)).toHaveLength(1)
})

test('a file that grows, or is touched or replaced, while it is read is refused', async () => {
  const text = `user_id\n${numbered(1)}\n`
  const change: ((path: string) => void)[] = [
    (path) => appendFileSync(path, `${numbered(2)}\n`),
    (path) => utimesSync(path, 1, 1),
    (path) => renameSync(file('b.csv', text), path),
  ]
  for (const changeIt of change) {
    const path = file('a.csv', text)
    const input = await readInput(path, { pipeline })
    changeIt(path)
    await expect(everything(input)).rejects.toThrow(`${path} changed while it was being read`)
  }
})
