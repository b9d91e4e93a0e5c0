import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FileSearch } from '../../../src/commands/forget/fileSearch.js'
import { openDatabase, quotedText } from '../../../src/core/duckdb.js'
import { IdFinder } from '../../../src/privacy/idFinder.js'
import { temporaryFolder } from '../../support/folder.js'

const OTHERS = Array.from({ length: 8 }, (_, n) => `someone.else+${n}`)

test.each([
  ['a text', `'see K.Atze+42_x_long!' AS note, 1 AS n`],
  ['a list', `[NULL, 'k.atze+42_x_long'] AS names, NULL AS nothing`],
  ['a text beside a BLOB', `'K.ATZE+42_X_LONG' AS note, 'none'::BLOB AS body`],
  ['a BLOB', `'none' AS note, 'id=k.atze+42_x_long'::BLOB AS body`],
])('finds an id with signs of a pattern in %s, alone and among others', async (_, row) => {
  const path = join(temporaryFolder(), 'rows.parquet')
  const database = await openDatabase(':memory:')
  await database.connection.run(
    `COPY (SELECT ${row} UNION ALL BY NAME SELECT 'kxatze+42_x_long' AS other) TO ${quotedText(path)}`,
  )
  await database.close()
  const id = 'k.atze+42_x_long'
  for (const [ids, hit] of [
    [[id], true],
    [[id, ...OTHERS.slice(0, 7)], true],
    [[id, ...OTHERS], true],
    [OTHERS.slice(0, 7), false],
  ] as const) {
    const found = new Set<string>()
    const search = new FileSearch(IdFinder.of(ids), found)
    expect(await search.inFile(path)).toBe(hit)
    expect([...found]).toEqual(hit ? [id] : [])
    await search.close()
  }
})
