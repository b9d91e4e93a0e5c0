import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors.js'
import { readInput, type Input, type ReadOptions } from '../../src/read/readInput.js'
import { pipeline } from './pipeline.js'

const CASES = fileURLToPath(new URL('cases', import.meta.url))
const names = readdirSync(CASES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

/** What a person checks: one line a member. */
async function shown(read: () => Promise<Input>): Promise<object> {
  try {
    const input = await read()
    const members: string[] = []
    for await (const batch of input.rows()) {
      for (const { rowNumber, line, cells, cell, parsed } of batch) {
        expect(cells[input.columns.indexOf(input.idColumn.name)]).toBe(cell)
        const what = 'id' in parsed ? parsed.id : parsed.reason
        members.push(`row ${rowNumber}, line ${line}: ${JSON.stringify(cells)} ${what}`)
      }
    }
    return { columns: input.columns, idColumn: input.idColumn, members }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { error: error.message }
  }
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

describe.each(names)('%s', (name) => {
  const folder = join(CASES, name)
  const path = join(folder, 'input.csv')
  const given = readdirSync(folder).includes('options.json') ? (json(join(folder, 'options.json')) as object) : {}
  const options: ReadOptions = { pipeline, ...given }
  const expected = json(join(folder, 'expected.json'))

  test('as a file', async () => {
    const found = JSON.stringify(await shown(() => readInput(path, options)))
    expect(JSON.parse(found.replaceAll(path, 'INPUT'))).toEqual(expected)
  })

  test('from stdin, byte by byte', async () => {
    const stdin = Readable.from([...readFileSync(path)].map((byte) => Buffer.from([byte])))
    const found = JSON.stringify(await shown(() => readInput('-', { ...options, stdin })))
    // One byte is not enough to tell what else it may be.
    const hintless = (text: string) => JSON.parse(text.replace(' (perhaps GBK or GB18030)', '')) as object
    expect(hintless(found.replaceAll('<stdin>', 'INPUT'))).toEqual(hintless(JSON.stringify(expected)))
  })
})
