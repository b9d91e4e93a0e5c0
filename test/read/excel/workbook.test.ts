import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { UsageError } from '../../../src/core/errors.js'
import { dateText, formatOfCode } from '../../../src/read/excel/cellFormats.js'
import { readInput, type Member, type ReadOptions } from '../../../src/read/readInput.js'
import { pipeline as realPipeline } from '../../../pipelines/default.js'
import { folderOfFile } from '../../support/folder.js'
import { pipeline } from '../pipeline.js'
import { workbookFiles, writeWorkbook, zipped, type TestCell } from './workbookFile.js'

const folder = folderOfFile()
const id = (n: number) => `5f00000000000000${n.toString(16).padStart(8, '0')}`
let made = 0
const path = (ending = 'xlsx') => join(folder, `list-${(made += 1)}.${ending}`)

async function read(source: string, options: Partial<ReadOptions> = {}) {
  const input = await readInput(source, { pipeline, ...options })
  const members: Member[] = []
  try {
    for await (const batch of input.rows()) members.push(...batch)
  } finally {
    await input.close()
  }
  return { ...input, members, cells: members.map(({ cells }) => cells) }
}

async function refusal(content: Buffer, options: Partial<ReadOptions> = {}): Promise<string> {
  const file = path()
  writeFileSync(file, content)
  const error: unknown = await read(file, options).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UsageError)
  return (error as UsageError).message.replace(file, 'INPUT')
}

const xml = (text: string): TestCell => ({ xml: text })

test('each kind of cell becomes text, and empty rows are not rows', async () => {
  const file = await writeWorkbook(path(), [
    {
      name: '达人',
      rows: [
        null,
        ['user_id', '备注', 'value', 'extra'],
        [id(1), '好 & <b>', 12.5],
        [],
        [xml('s="1"><v></v>'), xml('t="s">')],
        [
          id(2),
          xml(
            't="inlineStr"><is><r><t>粗</t></r><r><rPr><b/></rPr><t xml:space="preserve"> 体</t></r><rPh><t>注音</t></rPh></is>',
          ),
          true,
        ],
        [
          xml(`t="str"><f>LOWER("X")</f><v>${id(3)}</v>`),
          xml('t="str"><f>A1</f><v>a_x000D_b</v>'),
          xml('><f>1+1</f><v>0.30000000000000004</v>'),
        ],
        [id(4), xml('s="1"><v>46235</v>'), xml('s="2"><v>46235.39583</v>')],
        [id(5), xml('s="3"><v>0.5</v>'), xml('s="4"><v>1.5</v>'), xml('s="5"><v>3</v>')],
        [5.6e23, xml('t="e"><v>#N/A</v>'), xml('><v>1234567890123456</v>')],
        [xml('><v>612345678901234567890123</v>'), xml('t="d"><v>2026-08-01</v>')],
      ],
    },
  ])
  const { columns, members, format, list } = await read(file)
  expect([columns, format, list]).toEqual([
    ['user_id', '备注', 'value', 'extra'],
    'Excel workbook, sheet "达人"',
    `list-${made}`,
  ])
  expect(members.map(({ line, cells }) => [line, ...cells])).toEqual([
    [3, id(1), '好 & <b>', '12.5', ''],
    [6, id(2), '粗 体', 'TRUE', ''],
    [7, id(3), 'a\rb', '0.30000000000000004', ''],
    [8, id(4), '2026-08-01', '2026-08-01T09:30:00', ''],
    [9, id(5), '12:00:00', '36:00:00', '3'],
    [10, '5.6e+23', '#N/A', '1234567890123456', ''],
    [11, '6.123456789012346e+23', '2026-08-01', '', ''],
  ])
  const ruined = await read(file, { pipeline: realPipeline })
  expect(ruined.members.slice(-2).map(({ parsed }) => 'reason' in parsed && parsed.reason)).toEqual([
    'ruined_number',
    'ruined_number',
  ])
})

const link = (n: number) => `https://www.xiaohongshu.com/user/profile/${id(n)}?xsec_source=pc&n=${n}`
const idsOf = ({ members }: { readonly members: readonly Member[] }) =>
  members.map(({ parsed }) => ('id' in parsed ? parsed.id : parsed.reason))

test('the address behind a cell counts where its text holds no id, and the text stays', async () => {
  const rows = [
    ['昵称', '主页', '备注'],
    ['小鹿', '小鹿的主页', 'x'],
    ['栗子', link(2), 'y'],
    ['阿橘', '查看', 'z'],
    ['可可', xml(`t="str"><f>HYPERLINK("${link(4).replaceAll('&', '&amp;')}","可可")</f><v>可可</v>`), ''],
    ['没有', '没有', ''],
    ['表内', '跳转', ''],
    ['短链', '主页', ''],
  ]
  const links = { B2: link(1), B3: link(9), 'B4:C4': link(3), B7: '#Sheet1!A1', B8: 'http://xhslink.com/m/Ab1' }
  const file = await writeWorkbook(path(), [{ name: '达人', rows, links }])
  const found = await read(file, { pipeline: realPipeline })
  expect(found.idColumn.name).toBe('主页')
  expect(idsOf(found)).toEqual([id(1), id(2), id(3), id(4), 'not_an_id', 'not_an_id', 'short_link'])
  expect(found.cells[0]).toEqual(['小鹿', '小鹿的主页', 'x'])
  expect(found.members[0]!.cell).toBe('小鹿的主页')
})

test('a column of names with addresses behind them is found if no column has ids as text', async () => {
  const rows = [['达人', '粉丝数'], ...Array.from({ length: 3 }, (_, n) => [`示例${n}`, 100 + n])]
  const links = { A2: link(0), A3: link(1), A4: link(2) }
  const note = { name: '说明', rows: [['看第二页']] }
  const found = await read(await writeWorkbook(path(), [note, { name: '名单', rows, links }]), {
    pipeline: realPipeline,
  })
  expect(found.format).toContain('sheet "名单"')
  expect(found.idColumn).toMatchObject({ name: '达人', how: 'by content' })
  expect(idsOf(found)).toEqual([id(0), id(1), id(2)])
  const beside = [['主页', ...rows[0]!], ...rows.slice(1).map((row, n) => [id(n + 7), ...row])]
  const shifted = { B2: link(0), B3: link(1) }
  const named = await read(await writeWorkbook(path(), [{ name: 'x', rows: beside, links: shifted }]))
  expect(idsOf(named)).toEqual([id(7), id(8), id(9)])
})

test('rows above the header with fewer filled cells are titles', async () => {
  const table = [
    ['昵称', 'user_id', '备注'],
    ['甲', id(1), ''],
    ['乙', id(2), 'x'],
  ]
  const titled = await read(
    await writeWorkbook(path(), [
      { name: 's', rows: [['2026 年 11 月达人名单'], null, ['制表', '示例传媒'], ...table] },
    ]),
  )
  expect(titled.columns).toEqual(['昵称', 'user_id', '备注'])
  expect(titled.format).toBe('Excel workbook, sheet "s", 2 rows above the header left out')
  expect(titled.members.map(({ line, rowNumber }) => [line, rowNumber])).toEqual([
    [5, 1],
    [6, 2],
  ])
  expect(idsOf(titled)).toEqual([id(1), id(2)])
  const wide = await read(await writeWorkbook(path(), [{ name: 's', rows: [['甲', '乙', '丙'], ...table] }])).catch(
    (error: unknown) => (error as Error).message,
  )
  expect(wide).toMatch(/line 2: this looks like the header, because it has "user_id"; delete the lines above it$/)
  const later = await read(await writeWorkbook(path(), [{ name: 's', rows: [[id(5)], ...table] }]))
  expect(later.format).toBe('Excel workbook, sheet "s"')
})

test('dates follow the calendar of the workbook', () => {
  expect([0, 1, 59, 60, 61, 2_958_466, -1].map((days) => dateText(days, 'day', false))).toEqual([
    '1899-12-31',
    '1900-01-01',
    '1900-02-28',
    undefined,
    '1900-03-01',
    undefined,
    undefined,
  ])
  expect(dateText(0, 'day', true)).toBe('1904-01-01')
  expect(dateText(0.999999, 'moment', false)).toBe('1900-01-01T00:00:00')
  expect(dateText(45_000.75, 'time', false)).toBe('2023-03-15T18:00:00')
  const codes = [
    'General',
    '0.00E+00',
    'yyyy"年"m"月"d"日"',
    'mmm',
    'mm:ss',
    '[$-804]aaaa',
    '[mm]:ss',
    '0"d"',
    '#,##0_d;[Red]-0',
  ]
  expect(codes.map(formatOfCode)).toEqual([
    undefined,
    undefined,
    'day',
    'day',
    'time',
    'day',
    'duration',
    undefined,
    undefined,
  ])
})

test('the first visible sheet with ids is read, and the others are named', async () => {
  const people = (n: number) => [['user_id'], [id(n)]]
  const sheets = [
    { name: '说明', rows: [['怎么用'], ['看下一页']] },
    { name: '旧', rows: people(1), state: 'hidden' as const },
    { name: '春季', rows: people(2) },
    { name: '夏季', rows: people(3) },
    { name: '空', rows: [] },
  ]
  const file = await writeWorkbook(path(), sheets)
  const first = await read(file)
  expect(first.format).toBe('Excel workbook, sheet "春季", not read: "说明", "旧" (hidden, has ids), "夏季" (has ids)')
  expect(first.cells).toEqual([[id(2)]])
  const old = await read(file, { sheet: '旧' })
  expect(old.format).toMatch(/^Excel workbook, sheet "旧" \(hidden\), not read: "说明", "春季"/)
  expect(old.cells).toEqual([[id(1)]])
  await expect(read(file, { sheet: '冬季' })).rejects.toThrow(
    `${file} has no sheet "冬季"; name one of "说明", "旧", "春季", "夏季", "空"`,
  )
  const onlyHidden = await writeWorkbook(path(), sheets.slice(0, 2))
  await expect(read(onlyHidden)).rejects.toThrow('only the hidden sheet "旧" has ids; name it with --sheet')
})

test('names with a prefix, cells without a place, days from 1904 and formulas without a value', async () => {
  const files = workbookFiles([{ name: 'a', rows: [] }], 'date1904="1"')
  files['xl/worksheets/sheet1.xml'] =
    `<x:worksheet xmlns:x="m"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>user_id</x:t></x:is></x:c><x:c t="inlineStr"><x:is><x:t>day</x:t></x:is></x:c></x:row><x:row><x:c><x:f>A9</x:f></x:c><x:c s="1"><x:v>44773</x:v></x:c></x:row></x:sheetData></x:worksheet>`
  const file = path()
  writeFileSync(file, await zipped(files))
  const { format, cells } = await read(file)
  expect(cells).toEqual([['', '2026-08-01']])
  expect(format).toBe('Excel workbook, sheet "a", 1 formula without a value: open it in Excel and save it')
})

test('a workbook is known by its content: under another name, and from stdin', async () => {
  const sheets = [{ name: 'a', rows: [['user_id'], ...Array.from({ length: 3000 }, (_, n) => [id(n)])] }]
  const file = await writeWorkbook(path('csv'), sheets)
  const piped = await read('-', { stdin: createReadStream(file) })
  expect(piped.cells).toHaveLength(3000)
  expect((await read(file)).cells).toEqual(piped.cells)
})

test('other files are refused with a remedy', async () => {
  const save = 'save it as .xlsx or "CSV UTF-8" and run again'
  const with_ = async (name: string) => refusal(await zipped({ [name]: 'x' }))
  expect(await with_('xl/workbook.bin')).toBe(`INPUT is a binary workbook (.xlsb); ${save}`)
  expect(await with_('Index/Document.iwa')).toBe(`INPUT is a Numbers document; ${save}`)
  expect(await with_('content.xml')).toBe(`INPUT is an OpenDocument file (.ods); ${save}`)
  expect(await with_('list.csv')).toBe('INPUT is a zip file, but not an Excel workbook; unpack it first')
  const ole = Buffer.alloc(2048)
  Buffer.from([0xd0, 0xcf, 0x11, 0xe0]).copy(ole)
  ole.writeUInt16LE(9, 30)
  ole.writeUInt32LE(1, 48)
  expect(await refusal(ole)).toBe('INPUT is an old Excel or WPS workbook (.xls, .et); save it as .xlsx and run again')
  ole.write('EncryptedPackage', 1024, 'utf16le')
  expect(await refusal(ole)).toBe('INPUT is an encrypted workbook; save it without a password and run again')
  expect(await refusal(ole.subarray(0, 100))).toMatch(/old Excel/)
  const packed = path('xlsx.gz')
  writeFileSync(packed, gzipSync(await zipped({ a: 'x' })))
  await expect(read(packed)).rejects.toThrow('is an Excel workbook or a zip file; give it unpacked')
})

test('damage and zip bombs are refused', async () => {
  const files = workbookFiles([{ name: 'a', rows: [['user_id'], [id(1)]] }])
  const sheet = 'xl/worksheets/sheet1.xml'
  const broken = (change: Record<string, string | Buffer>) =>
    zipped({ ...files, ...change }).then((zip) => refusal(zip))
  expect(await broken({ [sheet]: '<worksheet><sheetData><row>' })).toMatch(/^INPUT is a damaged workbook \(.*unclosed/)
  expect(await broken({ [sheet]: '<!DOCTYPE a [<!ENTITY e "x">]><worksheet>&e;</worksheet>' })).toMatch(
    /damaged.*entity/i,
  )
  expect(await broken({ [sheet]: '<worksheet><row><c r="AAAA1"><v>1</v></c></row></worksheet>' })).toMatch(/no column/)
  expect(await broken({ 'xl/sharedStrings.xml': '<sst/>' })).toMatch(/damaged workbook \(row 1 lacks a text\)/)
  expect(await broken({ [sheet]: `<worksheet>${' '.repeat(9 << 20)}</worksheet>` })).toMatch(
    /text or tag of more than 8 MB/,
  )
  const whole = await zipped(files)
  expect(await refusal(whole.subarray(0, -30))).toMatch(/^INPUT is a damaged workbook/)
  const flipped = Buffer.from(whole)
  // The shared texts come last before the list of files; a deflated byte of theirs changes.
  flipped[whole.lastIndexOf('xl/sharedStrings.xml', whole.indexOf('PK\u0001\u0002')) + 30]! ^= 0x10
  expect(await refusal(flipped)).toMatch(/^INPUT is a damaged workbook/)
  // The list of files at the end says how large each one is, and the last 22 bytes how many there are.
  const declared = (size: number) => {
    const copy = Buffer.from(whole)
    copy.writeUInt32LE(size, copy.lastIndexOf(sheet) - 46 + 24)
    return refusal(copy)
  }
  expect(await declared(65 << 20)).toBe(
    'INPUT unpacks "xl/worksheets/sheet1.xml" to 65 MB, more than is read from a workbook; save the table as "CSV UTF-8"',
  )
  expect(await declared(10)).toMatch(/^INPUT is a damaged workbook \(too many bytes/)
  const many = Buffer.from(whole)
  many.writeUInt16LE(10_001, many.length - 12)
  expect(await refusal(many)).toMatch(/^INPUT has 10001 files in it, more than is read/)
})
