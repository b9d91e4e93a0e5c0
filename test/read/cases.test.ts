import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/core/errors.js'
import { readInput, type Input, type ReadOptions } from '../../src/read/readInput.js'
import { pipeline } from './pipeline.js'

const CASES = fileURLToPath(new URL('cases', import.meta.url))
const names = readdirSync(CASES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

/** The input in a form that is easy to review: one line for each member. */
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
    await input.close()
    return { columns: input.columns, format: input.format, idColumn: input.idColumn, members }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { error: error.message }
  }
}

function json(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/** `stdin`: the result from stdin, if it differs because the name of a file counts. */
interface Expected {
  readonly stdin?: object
}

describe.each(names)('%s', (name) => {
  const folder = join(CASES, name)
  const files = readdirSync(folder)
  const path = join(
    folder,
    files.find((file) => file.startsWith('input.'))!,
  )
  const given = files.includes('options.json') ? (json(join(folder, 'options.json')) as object) : {}
  const options: ReadOptions = { pipeline, ...given }
  const { stdin: expectedFromStdin, ...expected } = json(join(folder, 'expected.json')) as Expected

  test('as a file', async () => {
    const found = JSON.stringify(await shown(() => readInput(path, options)))
    expect(JSON.parse(found.replaceAll(path, 'INPUT'))).toEqual(expected)
  })

  test('from stdin, byte by byte', async () => {
    const stdin = Readable.from([...readFileSync(path)].map((byte) => Buffer.from([byte])))
    const found = JSON.stringify(await shown(() => readInput('-', { ...options, stdin })))
    expect(JSON.parse(found.replaceAll('<stdin>', 'INPUT'))).toEqual(expectedFromStdin ?? expected)
  })
})
