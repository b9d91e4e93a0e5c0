import { describe, expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { findIdColumn } from '../../src/read/columns.js'
import { idOfRow } from '../../src/read/idOfRow.js'

const ID = '5f3a9c0d000000000100aaaa'
const SHORT = 'http://xhslink.com/m/Ab1Cd2'
const columns = ['昵称', '主页链接', '蒲公英主页', '小红书号', '手机']
const spare = [{ index: 2, name: '蒲公英主页', filled: 1, compared: true }]
const parse = idOfRow({ columns, idIndex: 1, spare }, pipeline)

const resolves = (reason: string, kind: string, input: string) => ({ reason, resolve: { kind, input } })
const link = resolves('short_link', 'short_link', 'https://xhslink.com/m/Ab1Cd2')
const handle = (input: string, reason = 'red_id') => resolves(reason, 'red_id', input)

describe('the id of a row, or what finds it', () => {
  test.each<[string, string, string, unknown]>([
    [ID, '', 'kafei0', { id: ID }],
    ['', ID, 'kafei0', { id: ID }],
    [SHORT, ID, 'kafei0', { id: ID }],
    ['13800000000', ID, '', { id: ID }],
    ['5.6E+23', ID, '', { reason: 'ruined_number' }],
    [SHORT, '', 'kafei0', link],
    [SHORT, SHORT, '', link],
    ['', SHORT, 'kafei0', link],
    ['', '', 'kafei0', handle('kafei0')],
    ['', '', '13800000000', handle('13800000000')],
    ['', '', 'lizilizi', handle('lizilizi')],
    ['', '13800000000', '--', { reason: 'empty' }],
    ['5.6E+23', '', '500000017', handle('500000017', 'ruined_number')],
    ['500000017', '', '', handle('500000017')],
    ['小红书号: 13800000000', '', '', handle('13800000000')],
    ['13800000000', '', '', { reason: 'red_id' }],
    ['lizilizi', '', '', { reason: 'red_id' }],
    ['', '', '暂无', { reason: 'empty' }],
    ['', '', '咖啡 kafei', { reason: 'not_an_id' }],
    ['5.6E+23', '', '咖啡 kafei', { reason: 'ruined_number' }],
  ])('link %j, second link %j, 小红书号 %j', (own, second, name, expected) => {
    const { remedy, ...parsed } = { remedy: '', ...parse({ line: 2, cells: [SHORT, own, second, name, '500000018'] }) }
    expect(parsed).toEqual(expected)
    expect(/, or add --resolve, which asks the API for ¥0\.15(?: \(column "[^"]+"\))?$/.test(remedy)).toBe(
      'resolve' in parsed,
    )
  })

  test('where only the cell of 小红书号 holds something, the remedy names its column', () => {
    expect(parse({ line: 2, cells: [SHORT, '', '', '咖啡 kafei', ''] })).toMatchObject({
      remedy: expect.stringMatching(/^column "小红书号" holds no usable 小红书号: give the user id/) as string,
    })
  })

  test('a column named 小红书号 is the id column if no other has ids, and a phone number counts there', () => {
    const table = { source: 'a.csv', pipeline, columns: ['昵称', ' 小红书号 ', '粉丝数'] }
    const cells = ['示例', '13800000000', '1200']
    const found = findIdColumn({ ...table, sample: [{ line: 2, cells }] }, undefined)
    expect(found).toMatchObject({ name: ' 小红书号 ', how: 'by name' })
    expect(idOfRow({ ...table, idIndex: 1, spare: [] }, pipeline)({ line: 2, cells })).toMatchObject(
      handle('13800000000'),
    )
  })

  test('without resolvers nothing is offered', () => {
    const { resolvers, ...without } = pipeline
    expect(resolvers).toHaveLength(2)
    const parsed = idOfRow({ columns, idIndex: 1, spare }, without)({ line: 2, cells: ['', SHORT, '', 'kafei0', ''] })
    expect(Object.keys(parsed)).toEqual(['reason', 'remedy'])
    expect(parsed).toMatchObject({ reason: 'short_link' })
  })
})
