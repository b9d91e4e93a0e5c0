import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { readInput } from '../../src/read/readInput.js'
import { folderOfFile } from '../support/folder.js'
import { writeWorkbook } from './excel/workbookFile.js'

const folder = folderOfFile()
const id = (n: number) => `5f00000000000000${n.toString(16).padStart(8, '0')}`
const profile = (n: number) => `https://www.xiaohongshu.com/user/profile/${id(n)}`
const market = (n: number) => `https://pgy.xiaohongshu.com/solar/pre-trade/blogger-detail/${id(n)}`

/** The headers of an export of 灰豚, and of one of 千瓜. */
const HUITUN =
  '达人名称 达人官方地址 小红书号 灰豚指数 性别 地域 简介 联系邮箱 更新时间 认证信息 粉丝数 品牌合作人 签约MCN 达人标签 认证类型 笔记总数 赞藏总数 商业笔记总数 近7天笔记数 近60天笔记数 近60天爆文率 近60天平均点赞 近60天平均收藏 近60天平均评论 近60天平均分享 活跃粉丝占比 水粉占比 粉丝男 粉丝女 粉丝地域 粉丝年龄 粉丝活跃时间 粉丝关注焦点 图文笔记报价 图文CPE 图文CPM 视频笔记报价 视频CPE 视频CPM'.split(
    ' ',
  )
const QIANGUA =
  '博主昵称 千瓜指数 达人类型 粉丝数 赞藏总数 笔记数 平均互动 平均点赞 平均收藏 平均评论 小红书主页 蒲公英主页 小红书号 实时报价-图文 图文CPE 实时报价-视频 视频CPE 关注数 冠薯 达人等级 标签占比 简介'.split(
    ' ',
  )

type Filled = Readonly<Record<string, string | number>>

/** Rows under a header; cells that a row does not fill have the mark of a missing value. */
function rowsOf(header: readonly string[], rows: readonly Filled[], missing: string): (string | number)[][] {
  return [[...header], ...rows.map((row) => header.map((name) => row[name] ?? missing))]
}

/** The ids of the same rows as CSV and as a workbook, which must be equal. */
async function idsOf(rows: (string | number)[][]): Promise<{ ids: string[]; explanation: string }> {
  const [csv, workbook] = [join(folder, 'list.csv'), join(folder, 'list.xlsx')]
  writeFileSync(csv, `\ufeff${stringify(rows, { record_delimiter: '\r\n' })}`)
  await writeWorkbook(workbook, [{ name: 'Sheet1', rows }])
  const found = []
  for (const path of [csv, workbook]) {
    const input = await readInput(path, { pipeline })
    const ids: string[] = []
    const cells: unknown[] = []
    for await (const batch of input.rows()) {
      for (const { parsed, ...member } of batch) {
        ids.push('id' in parsed ? parsed.id : parsed.reason)
        cells.push(member.cells)
      }
    }
    await input.close()
    found.push({ ids, cells, columns: input.columns, explanation: input.idColumn.explanation })
  }
  expect(found[1]).toEqual(found[0])
  return found[0]!
}

test('an export of 灰豚 needs no option', async () => {
  const people = Array.from({ length: 5 }, (_, n) => ({
    达人名称: `示例, ${n}`,
    达人官方地址: n === 3 ? '--' : profile(n),
    小红书号: 412345678 + n,
    简介: '第一行\n第二行; "引"',
    更新时间: '2026-08-01',
    近60天爆文率: '12.50%',
    活跃粉丝占比: '42.64% | 192745',
    粉丝地域: '广东 12.1%|浙江 9.8%',
  }))
  const { ids, explanation } = await idsOf(rowsOf(HUITUN, people, '--'))
  expect(ids).toEqual([id(0), id(1), id(2), 'red_id', id(4)])
  expect(explanation).toBe('ids are read from column "达人官方地址", found by its name')
})

const COLUMN = 'ids are read from column "小红书主页", found by its name'

test.each(['', '--'])('an export of 千瓜 has the id in either link column; the other may be %j', async (missing) => {
  const row = (n: number, links: Filled): Filled => ({ 博主昵称: `示例${n}`, 小红书号: 412345678 + n, ...links })
  const both = [
    row(0, { 小红书主页: profile(0), 蒲公英主页: market(0) }),
    row(1, { 蒲公英主页: market(1) }),
    row(2, { 小红书主页: profile(2) }),
    row(3, {}),
  ]
  expect(await idsOf(rowsOf(QIANGUA, both, missing))).toMatchObject({
    ids: [id(0), id(1), id(2), 'red_id'],
    explanation: `${COLUMN}; 1 row without an id there takes it from column "蒲公英主页", which agrees`,
  })
  const never = [...Array.from({ length: 300 }, (_, n) => row(n, { 小红书主页: profile(n) })), both[1]!]
  expect(await idsOf(rowsOf(QIANGUA, never, missing))).toMatchObject({
    ids: [...Array.from({ length: 300 }, (_, n) => id(n)), id(1)],
    explanation: `${COLUMN}; 1 row without an id there takes it from column "蒲公英主页", known by its name`,
  })
})

test('a column with the name of an id column gives no id if it disagrees, or if its name is a generic one', async () => {
  const other = (n: number) => ({ 小红书主页: n === 9 ? '' : profile(n), 蒲公英主页: market(n + 50) })
  const rows = Array.from({ length: 10 }, (_, n) => other(n))
  expect((await idsOf(rowsOf(['小红书主页', '蒲公英主页'], rows, ''))).ids.at(-1)).toBe('empty')
  const generic = Array.from({ length: 10 }, (_, n) => (n < 9 ? { 小红书主页: profile(n) } : { 链接: profile(n) }))
  expect((await idsOf(rowsOf(['小红书主页', '链接'], generic, ''))).ids.at(-1)).toBe('empty')
})
