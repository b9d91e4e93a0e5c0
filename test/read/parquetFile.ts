import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase, quotedText } from '../../src/core/duckdb.js'
import { UsageError } from '../../src/core/errors.js'
import { readInput, type Input, type Member } from '../../src/read/readInput.js'
import { temporaryFolder } from '../support/folder.js'
import { pipeline } from './pipeline.js'

/** Writes the rows of a query as Parquet into a new folder, or into the given one. */
export async function parquet(
  select: string,
  name = 'people.parquet',
  options = '',
  folder = temporaryFolder(),
): Promise<string> {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  const database = await openDatabase(':memory:')
  await database.connection.run(`COPY (${select}) TO ${quotedText(path)} (FORMAT parquet ${options})`)
  await database.close()
  return path
}

export async function everything(input: Input): Promise<Member[]> {
  const members: Member[] = []
  for await (const batch of input.rows()) members.push(...batch)
  return members
}

export async function refusal(path: string, column?: string): Promise<string> {
  try {
    await everything(await readInput(path, { pipeline, ...(column ? { column } : {}) }))
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  throw new Error('the input was not refused')
}
