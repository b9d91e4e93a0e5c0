import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/core/duckdb.js'
import { createMembers, MemberWriter } from '../../src/load/members.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { foreignLists } from '../../src/run/foreignLists.js'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'

const weibo = (n: number) => `https://weibo.com/u/${1_234_567_890 + n}`
const xiaohongshu = (n: number) => `https://www.xiaohongshu.com/user/profile/5f00000000000000000000${10 + n}`
const range = (count: number) => Array.from({ length: count }, (_, at) => at)

/** What is said of a list of these cells. */
async function readersOf(pipeline: string, cells: readonly string[]): Promise<readonly string[] | undefined> {
  const own = await loadPipeline(pipeline)
  const database = await openDatabase(':memory:')
  try {
    await createMembers(database.connection)
    const members = await MemberWriter.open(database.connection)
    cells.forEach((cell, at) => {
      members.append('list', { rowNumber: at + 1, line: at + 2, cells: [cell], cell, parsed: own.parseId(cell) })
    })
    members.close()
    return (await foreignLists(database.connection, own)).get('list')
  } finally {
    await database.close()
  }
}

const WEIBO = 'weibo-user-profile'
const XIAOHONGSHU = ['xiaohongshu-pgy-creator', 'xiaohongshu-user-profile']

test.each<[string, string, string[], string[] | undefined]>([
  ['links of another platform', XIAOHONGSHU[1]!, range(3).map(weibo), [WEIBO]],
  ['the reverse', WEIBO, range(3).map(xiaohongshu), XIAOHONGSHU],
  ['one row in 21 with an id', WEIBO, [weibo(1), ...range(21).map(xiaohongshu)], XIAOHONGSHU],
  ['one row in 20 with an id', WEIBO, [weibo(1), ...range(20).map(xiaohongshu)], undefined],
  ['numbers that this pipeline knows as something else', XIAOHONGSHU[1]!, ['1234567890', '1234567891'], undefined],
  ['links that nobody reads', WEIBO, ['https://example.com/1'], []],
  ['nothing', WEIBO, ['', '-'], undefined],
])('%s', async (_, pipeline, cells, readers) => {
  expect(await readersOf(pipeline, cells)).toEqual(readers)
})

test('plan and the summary of a run name the pipeline that reads the list', async () => {
  const cwd = temporaryFolder()
  writeFileSync(join(cwd, 'list.csv'), `url\n${range(3).map(weibo).join('\n')}\n`)
  const lines =
    'wrong list list has hardly an id of this pipeline. Another data folder reads it:\n           --pipeline weibo-user-profile\n'
  expect((await commandHere(['plan', 'list.csv'], { cwd })).stdout).toContain(lines)
  const ran = await commandHere(['run', 'list.csv', '--api', 'simulated', '--no-report'], { cwd })
  expect(ran.stdout).toContain(lines)
})
