import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { readInput, type Member } from '../../src/read/readInput.js'
import { agencyList, writeAgencyList } from '../support/agencyList.js'
import { folderOfFile } from '../support/folder.js'

const folder = folderOfFile()

test('each row of a list as agencies keep it has its id, or what finds the id and its price, or a reason', async () => {
  const { columns, rows } = await agencyList()
  const expected = rows.map(({ expected: row }) => {
    if ('id' in row) return { id: row.id }
    if (!('kind' in row)) return { reason: row.reason }
    return { reason: row.reason, resolve: { kind: row.kind, input: row.input }, price: '¥0.15' }
  })
  const files = await writeAgencyList(folder)
  for (const path of [files.csv, files.xlsx]) {
    const input = await readInput(path, { pipeline })
    const members: Member[] = []
    for await (const batch of input.rows()) members.push(...batch)
    await input.close()
    expect(input.columns).toEqual(columns)
    const read = members.map(({ parsed }) => {
      if ('id' in parsed) return parsed
      const { reason, remedy, ...resolve } = parsed
      const price = /--resolve.*(¥[\d.]+)(?: \(column "小红书号"\)| \(column "蒲公英主页"\))?$/.exec(remedy)?.[1]
      return { reason, ...resolve, ...(price !== undefined && { price }) }
    })
    expect(read).toEqual(expected)
  }
})

test('the list has every kind of row, people and inputs twice, and every answer of a resolver', async () => {
  const { rows } = await agencyList()
  expect(rows).toHaveLength(200)
  const expected = rows.map((row) => row.expected)
  const ids = expected.flatMap((row) => ('id' in row ? [row.id] : []))
  const asked = expected.flatMap((row) => ('kind' in row ? [row] : []))
  expect([ids.length, new Set(ids).size]).toEqual([78, 72])
  expect([asked.length, new Set(asked.map(({ input }) => input)).size]).toEqual([84, 69])
  const answers = new Set(asked.map(({ resolved }) => (resolved.kind === 'miss' ? resolved.reason : resolved.kind)))
  expect(answers).toEqual(new Set(['found', 'note_without_user', 'not_found', 'ambiguous']))
  expect(asked.filter(({ resolved }) => resolved.kind === 'found').length).toBeGreaterThan(50)
})
