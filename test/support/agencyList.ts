import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { searchUser } from '../../pipelines/xiaohongshu-user-profile/resolvers/searchUser.js'
import { shareUrlTransfer } from '../../pipelines/xiaohongshu-user-profile/resolvers/shareUrlTransfer.js'
import type { Resolved } from '../../src/model/resolver.js'
import { writeWorkbook } from '../read/excel/workbookFile.js'

const COLUMNS = ['达人昵称', '小红书主页', '蒲公英主页', '小红书号', '粉丝数', '图文报价', '备注'] as const

/** What becomes of a row: an id for nothing; an input that a resolver takes, and what the simulator answers; a reject. */
export type ExpectedRow =
  | { readonly id: string }
  | { readonly reason: string; readonly kind: string; readonly input: string; readonly resolved: Resolved }
  | { readonly reason: string }

export interface AgencyRow {
  /** In the order of the columns; empty where there is none. */
  readonly cells: readonly (string | number)[]
  readonly expected: ExpectedRow
}

export interface AgencyList {
  readonly columns: readonly string[]
  /** 200 rows. */
  readonly rows: readonly AgencyRow[]
}

type Filled = Partial<Record<(typeof COLUMNS)[number], string | number>>
type Made = [cells: Filled, expected: ExpectedRow]

const ROWS = 200

/** A list of 200 creators as agencies keep them, always the same. Nobody in it exists. */
export async function agencyList(): Promise<AgencyList> {
  const [transfer, search] = await Promise.all([shareUrlTransfer.simulatedData(), searchUser.simulatedData()])
  const link = (input: string, reason = 'short_link'): ExpectedRow => ({
    ...{ reason, kind: 'short_link', input, resolved: shareUrlTransfer.read(transfer(input), input) },
  })
  const handle = (input: string, reason = 'red_id'): ExpectedRow => ({
    ...{ reason, kind: 'red_id', input, resolved: searchUser.read(search(input), input) },
  })

  const forms = formsOf(link, handle)
  const rows = Array.from({ length: ROWS }, (_, n): AgencyRow => {
    const [cells, expected] = n < ROWS - FOOTERS.length ? forms[n % forms.length]!(n) : FOOTERS[ROWS - 1 - n]!
    const usual: Filled =
      'id' in expected || 'kind' in expected ? { 达人昵称: `示例达人${n}`, 粉丝数: 1000 + n * 37 } : {}
    const filled = { ...usual, ...cells }
    return { cells: COLUMNS.map((name) => filled[name] ?? ''), expected }
  })
  return { columns: COLUMNS, rows }
}

const idOf = (n: number): string => `5f1a0c3e0000000001${(n * 7919).toString(16).padStart(6, '0')}`
const profile = (n: number): string => `https://www.xiaohongshu.com/user/profile/${idOf(n)}`
const market = (n: number): string => `https://pgy.xiaohongshu.com/solar/pre-trade/blogger-detail/${idOf(n)}`
const note = (n: number): string => `64bbccdd000000001203${(n + 4096).toString(16)}`
const short = (n: number): string => `xhslink.com/m/Agency${n}`
const digits = (n: number): number => 4_123_456_789 + n * 7717

/** The forms of a row, each made of its number. Some repeat a person or an input of the rows before. */
function formsOf(
  link: (input: string, reason?: string) => ExpectedRow,
  handle: (input: string, reason?: string) => ExpectedRow,
): readonly ((n: number) => Made)[] {
  const found = (n: number) => ({ id: idOf(n) })
  return [
    (n) => [{ 小红书主页: idOf(n) }, found(n)],
    (n) => [{ 小红书主页: ` ${idOf(n).toUpperCase()} ` }, found(n)],
    (n) => [{ 小红书主页: `${profile(n)}?xsec_token=AB${n}%3D&xsec_source=pc_feed` }, found(n)],
    (n) => [{ 小红书主页: `www.rednote.com/user/profile/${idOf(n)}`, 小红书号: digits(n) }, found(n)],
    (n) => [{ 小红书主页: `xhsdiscover://1/user/user.${idOf(n)}` }, found(n)],
    (n) => [{ 小红书主页: `https://oia.xiaohongshu.com/oia?deeplink=xhsdiscover%3A%2F%2Fuser%2F${idOf(n)}` }, found(n)],
    (n) => [{ 小红书主页: `${profile(n)}/${note(n)}?appuid=${idOf(n + 900)}` }, found(n)],
    (n) => [{ 小红书主页: `我在小红书发现了示例达人${n}的主页 ${profile(n)}，快来看看！` }, found(n)],
    (n) => [{ 小红书主页: market(n), 蒲公英主页: market(n) }, found(n)],
    (n) => [{ 小红书主页: '', 蒲公英主页: market(n) }, found(n)],
    (n) => [{ 小红书主页: '--', 蒲公英主页: market(n), 小红书号: `kafei_${n}` }, found(n)],
    (n) => [{ 小红书主页: `http://${short(n)}`, 蒲公英主页: market(n) }, found(n)],
    (n) => [{ 小红书主页: idOf(n - 12), 备注: '重复' }, found(n - 12)],
    (n) => [{ 小红书主页: `http://${short(n)}` }, link(`https://${short(n)}`)],
    (n) => [
      { 小红书主页: `示例达人${n} 的主页 https://${short(n)}，复制本条信息，打开【小红书】App查看` },
      link(`https://${short(n)}`),
    ],
    (n) => [{ 小红书主页: `${short(n - 2)}?from=wx` }, link(`https://${short(n - 2)}`)],
    (n) => [{ 蒲公英主页: `http://${short(n)}` }, link(`https://${short(n)}`)],
    (n) => [{ 小红书主页: `https://${short(n)}5eed04` }, link(`https://${short(n)}5eed04`)],
    (n) => [{ 小红书号: digits(n) }, handle(String(digits(n)))],
    (n) => [{ 小红书号: `kafei_${n}` }, handle(`kafei_${n}`)],
    (n) => [{ 小红书主页: `小红书号：kafei_${n - 1} 可接探店` }, handle(`kafei_${n - 1}`)],
    (n) => [{ 小红书主页: String(digits(n)), 备注: '只有小红书号' }, handle(String(digits(n)))],
    (n) => [{ 小红书主页: '暂无', 小红书号: 13_800_000_000 + n }, handle(String(13_800_000_000 + n))],
    (n) => [{ 小红书号: `meishi${'abcdefghij'[n % 10]!}` }, handle(`meishi${'abcdefghij'[n % 10]!}`)],
    (n) => [{ 小红书号: `Lizi.${n}` }, handle(`Lizi.${n}`)],
    (n) => [{ 小红书号: `mu${n}5eed05` }, handle(`mu${n}5eed05`)],
    (n) => [
      { 小红书主页: `https://www.xiaohongshu.com/explore/${note(n)}`, 小红书号: `lv_xing${n}` },
      handle(`lv_xing${n}`, 'note_without_user'),
    ],
    (n) => [{ 小红书主页: '5.60E+23', 小红书号: digits(n) }, handle(String(digits(n)), 'ruined_number')],
    (n) => [{ 小红书主页: `https://www.xiaohongshu.com/explore/${note(n)}` }, { reason: 'note_without_user' }],
    (n) => [{ 小红书主页: String(13_900_000_000 + n), 备注: '电话' }, { reason: 'red_id' }],
    (n) => [{ 小红书主页: `https://weibo.com/u/${1_000_000_000 + n}` }, { reason: 'link_without_user' }],
    () => [{ 小红书主页: '5.60E+23' }, { reason: 'ruined_number' }],
    (n) => [{ 小红书主页: `${profile(n)} ${profile(n + 1)}` }, { reason: 'several_ids' }],
    () => [{ 小红书主页: '待定', 小红书号: 'unknown' }, { reason: 'not_an_id' }],
    () => [Object.fromEntries(COLUMNS.map((name) => [name, name])), { reason: 'header_again' }],
  ]
}

/** The last rows, the last one first. */
const FOOTERS: readonly Made[] = [
  [{ 达人昵称: '制表：示例传媒', 备注: '2026-11' }, { reason: 'empty' }],
  [{ 小红书主页: '注：报价含税，以合同为准' }, { reason: 'not_an_id' }],
  [{ 达人昵称: '合计', 粉丝数: 1_234_567, 图文报价: 88_800 }, { reason: 'empty' }],
]

/** Writes the list as `<name>.csv` and `<name>.xlsx`. */
export async function writeAgencyList(folder: string, name = 'agency'): Promise<{ csv: string; xlsx: string }> {
  const { columns, rows } = await agencyList()
  const cells = [[...columns], ...rows.map((row) => [...row.cells])]
  const csv = join(folder, `${name}.csv`)
  writeFileSync(csv, `\ufeff${stringify(cells, { record_delimiter: '\r\n' })}`)
  return { csv, xlsx: await writeWorkbook(join(folder, `${name}.xlsx`), [{ name: '达人', rows: cells }]) }
}
