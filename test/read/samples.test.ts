import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { readInput, type Member } from '../../src/read/readInput.js'
import { startSimulator } from '../../src/simulator/simulator.js'

async function sample(name: string): Promise<{ explanation: string; members: Member[] }> {
  const path = fileURLToPath(new URL(`../../data/samples/${name}`, import.meta.url))
  const input = await readInput(path, { pipeline })
  const members: Member[] = []
  for await (const batch of input.rows()) members.push(...batch)
  return { explanation: input.idColumn.explanation, members }
}

function counted(words: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

test('the sample list has ids, links and every common mistake', async () => {
  const { explanation, members } = await sample('creators.csv')
  expect(explanation).toBe('ids are read from column "user_id", found by its name')
  expect(counted(members.map(({ parsed }) => ('id' in parsed ? 'id' : parsed.reason)))).toEqual({
    id: 54,
    empty: 1,
    note_without_user: 1,
    red_id: 1,
    ruined_number: 1,
    short_link: 1,
    wrong_length: 1,
  })
  const ids = new Set(members.flatMap(({ parsed }) => ('id' in parsed ? [parsed.id] : [])))
  expect(ids.size).toBe(51)
  for (const id of ids) expect(id).toMatch(/^5f[0-9a-f]{22}$/)
})

test('its ids get every kind of answer that does not stop a run', async () => {
  const simulator = await startSimulator({ pipeline })
  onTestFinished(() => simulator.close())
  const { members } = await sample('creators.csv')
  const ids = new Set(members.flatMap(({ parsed }) => ('id' in parsed ? [parsed.id] : [])))
  const answers: string[] = []
  for (const id of ids) {
    const { path, query } = pipeline.request(id)
    const address = `${simulator.url}${path}?${new URLSearchParams({ ...query, token: 'demo' }).toString()}`
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const { code, data } = (await (await fetch(address)).json()) as { code: number; data: unknown }
      answers.push(code === 0 ? pipeline.profile(data, id).kind : String(code))
      if (code !== 301) break
    }
  }
  expect(counted(answers)).toEqual({ profile: 47, empty: 1, misdelivered: 1, 202: 1, 301: 2, 400: 1 })
  expect(simulator.ledger.summary()).toMatchObject({ calls: 53, charged: 49 })
})

test.each(['creators.parquet', 'creators-gb18030.csv', 'creators.tsv.gz'])(
  '%s holds the first rows of the CSV sample',
  async (name) => {
    const cells = ({ members }: { members: Member[] }) => members.map((member) => member.cells)
    expect(cells(await sample(name))).toEqual(cells(await sample('creators.csv')).slice(0, 20))
  },
)

test('the bare sample has no header', async () => {
  const { explanation, members } = await sample('bare-ids.csv')
  expect(explanation).toContain('there is no header')
  expect(members.map(({ parsed }) => ('id' in parsed ? 'id' : parsed.reason))).toEqual([
    ...Array.from({ length: 11 }, () => 'id'),
    'red_id',
  ])
})
