import { describe, expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/xiaohongshu-user-profile/definition.js'
import { parseId } from '../../../pipelines/xiaohongshu-user-profile/ids.js'
import { searchUser } from '../../../pipelines/xiaohongshu-user-profile/resolvers/searchUser.js'
import { shareUrlTransfer } from '../../../pipelines/xiaohongshu-user-profile/resolvers/shareUrlTransfer.js'
import type { Resolver } from '../../../src/model/resolver.js'

const ID = '5f3a9c0d000000000100aaaa'
const OTHER = '5f3a9c0d000000000100bbbb'
const NOTE = '64aaaaaa000000001203cccc'
const LINK = 'https://xhslink.com/m/Ab1Cd2'
const PROFILE = `https://www.xiaohongshu.com/user/profile/${ID}`
const EXPLORE = `https://www.xiaohongshu.com/discovery/item/${NOTE}?appuid=${OTHER}`

const found = { kind: 'found', id: ID }
const miss = (reason: string) => ({ kind: 'miss', reason })
const unreadable = (what: string) => ({ kind: 'unreadable', found: what })

/** What is kept names nobody but the person found, and is read as the answer is. */
function expectRead(resolver: Resolver, data: unknown, input: string, resolved: unknown): void {
  const read = resolver.read(data, input)
  expect(read).toEqual(resolved)
  for (const remedies of read.kind === 'miss' ? [resolver.remedies, pipeline.words!.zh!.remedies!] : [])
    expect(remedies).toHaveProperty((read as { reason: string }).reason)
  const kept = resolver.withoutStrangers(data, input)
  expect(resolver.read(kept, input)).toEqual(resolved)
  expect(JSON.stringify(kept)).not.toMatch(new RegExp(`${OTHER}|${NOTE}|虚构`))
}

describe('the answer for a short link', () => {
  test.each<[string, unknown, unknown]>([
    ['a profile', { redirect_url: `${PROFILE}?xsec_token=A&appuid=${OTHER}` }, found],
    [
      'a profile behind a login',
      { redirect_url: `https://www.xiaohongshu.com/login?to=${encodeURIComponent(PROFILE)}` },
      found,
    ],
    ['a note of the author', { redirect_url: `${PROFILE}/${NOTE}` }, found],
    ['the app', { data: { app: [`xhsdiscover://user/${ID}`] } }, found],
    ['the link alone', PROFILE, found],
    ['the key first', { a: PROFILE.replace(ID, OTHER), redirect_url: PROFILE }, found],
    ['a profile beside a note', { redirect_url: EXPLORE, more: { author: PROFILE } }, found],
    ['the short link once more', { shareUrl: LINK, redirect_url: PROFILE }, found],
    ['a note', { redirect_url: EXPLORE }, miss('note_without_user')],
    [
      'a note beside the page of an error',
      { a: 'https://www.xiaohongshu.com/404', b: EXPLORE },
      miss('note_without_user'),
    ],
    ['another page', { redirect_url: 'https://www.xiaohongshu.com/404' }, miss('link_without_user')],
    ['another site', { redirect_url: `https://example.com/user/profile/${OTHER}` }, miss('link_without_user')],
    ['nowhere', { redirect_url: '' }, miss('not_found')],
    ['null', { redirect_url: null }, miss('not_found')],
    ['only itself', { shareUrl: LINK }, unreadable('an object without a link')],
    ['ids without a link', { noteId: NOTE, userId: OTHER }, unreadable('an object without a link')],
    ['nothing', null, unreadable('nothing without a link')],
    ['no keys', {}, unreadable('an object without a link')],
    ['a list', [OTHER], unreadable('a list without a link')],
  ])('%s', (_, data, resolved) => expectRead(shareUrlTransfer, data, LINK, resolved))
})

describe('the answer for a 小红书号', () => {
  const user = (red_id: unknown, id: unknown = ID) => ({ id, red_id, name: id === ID ? '示例' : '虚构的人', desc: '' })
  const near = user('kafei00', OTHER)

  test.each<[string, unknown, unknown]>([
    ['the person among strangers', [near, user('kafei0'), near], found],
    ['the person twice', [user('kafei0'), user('kafei0', ID.toUpperCase())], found],
    ['only strangers', [near, user('KAFEI0', OTHER), user(' kafei0', OTHER), 'kafei0', null], miss('not_found')],
    ['nobody', [], miss('not_found')],
    ['two people', [user('kafei0'), user('kafei0', OTHER)], miss('ambiguous')],
    ['two people without ids', [user('kafei0', null), user('kafei0', null)], miss('ambiguous')],
    ['the person without an id', [near, user('kafei0', 7)], unreadable('a user without a usable id')],
    ['the id of something else', [user('kafei0', 'abc')], unreadable('a user without a usable id')],
  ])('%s', (_, users, resolved) => expectRead(searchUser, { users, next: near }, 'kafei0', resolved))

  test('a number is compared as text', () => {
    expectRead(searchUser, { users: [user(500_000_017)] }, '500000017', found)
    expectRead(searchUser, { users: [user(500_000_017n)] }, '0500000017', miss('not_found'))
  })

  test.each<[string, unknown, unknown]>([
    ['nothing', null, unreadable('nothing without a list of users')],
    ['no keys', {}, unreadable('an object without a list of users')],
    ['a list', [near], unreadable('a list without a list of users')],
    ['a text', OTHER, unreadable('a text without a list of users')],
  ])('%s', (_, data, resolved) => expectRead(searchUser, data, 'kafei0', resolved))

  test('the whole entry of the person is kept', () => {
    const kept = searchUser.withoutStrangers({ users: [near, user('kafei0')], next: near }, 'kafei0')
    expect(kept).toEqual({ users: [user('kafei0')] })
  })
})

describe('invented answers', () => {
  const inputs = Array.from({ length: 300 }, (_, n) => ({
    link: `https://xhslink.com/m/a${n}`,
    handle: `kafei_${n * 977}`,
  }))

  test('a short link leads to a person or a note, the same each time', async () => {
    const data = await shareUrlTransfer.simulatedData()
    const read = inputs.map(({ link }) => shareUrlTransfer.read(data(link), link))
    expect(read).toEqual(inputs.map(({ link }) => shareUrlTransfer.read(data(link), link)))
    const ids = read.flatMap((each) => (each.kind === 'found' ? [each.id] : []))
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(200)
    expect(read.filter((each) => each.kind !== 'found')).toContainEqual(miss('note_without_user'))
    expect(ids.every((id) => 'id' in parseId(id))).toBe(true)
  })

  test('the person of a 小红书号 has a profile with it; some belong to nobody', async () => {
    const [data, answers] = await Promise.all([searchUser.simulatedData(), pipeline.simulatedAnswers()])
    const handles = [...inputs.map(({ handle }) => handle), '95012345678', '500000017', 'a.b-c_d.e-f_g.h', '000000']
    const read = handles.map((handle) => ({ handle, ...searchUser.read(data(handle), handle) }))
    const people = read.flatMap((each) => (each.kind === 'found' ? [each] : []))
    expect(people.length).toBeGreaterThan(250)
    for (const { handle, id } of people) expect(answers.data(id, 0)).toMatchObject({ userid: id, red_id: handle })
    expect(read.filter(({ kind }) => kind !== 'found').map(({ kind }) => kind)).toContain('miss')
    const sizes = handles.map((handle) => (data(handle) as { users: unknown[] }).users.length)
    expect(new Set(sizes)).toEqual(new Set([0, 1, 2, 3, 4]))
    expect(searchUser.read(data('KAFEI_977'), 'KAFEI_977')).toEqual(miss('not_found'))
  })

  test('a marker selects an unusual answer', async () => {
    const [transfer, search] = await Promise.all([shareUrlTransfer.simulatedData(), searchUser.simulatedData()])
    const kinds = (
      resolver: Resolver,
      data: (input: string) => unknown,
      input: (number: string) => string,
      count: number,
    ) =>
      Array.from({ length: count }, (_, at) => {
        const marked = input(String(at + 1).padStart(2, '0'))
        const resolved = resolver.read(data(marked), marked)
        return resolved.kind === 'miss' ? resolved.reason : resolved.kind
      })
    expect(kinds(shareUrlTransfer, transfer, (number) => `${LINK}5eed${number}`, 9)).toEqual([
      ...['unreadable', 'unreadable', 'not_found', 'note_without_user', 'link_without_user'],
      ...['found', 'found', 'unreadable', 'found'],
    ])
    expect(kinds(searchUser, search, (number) => `kafei5eed${number}`, 7)).toEqual([
      ...['unreadable', 'unreadable', 'not_found', 'not_found', 'ambiguous', 'found', 'unreadable'],
    ])
  })
})

describe('a cell with what a resolver takes', () => {
  test.each<[string, string, string, boolean?]>([
    ['http://xhslink.com/a/Ab1Cd2', 'short_link', 'https://xhslink.com/a/Ab1Cd2'],
    ['HTTPS://WWW.XHSLINK.COM/m/Ab1Cd2?x=1#y', 'short_link', LINK],
    ['xhslink.cn/m/Ab1Cd2。', 'short_link', 'https://xhslink.cn/m/Ab1Cd2'],
    ['虚构的栗子的主页 http://xhslink.com/m/Ab1Cd2，复制本条信息 小红书号：kafei0', 'short_link', LINK],
    ['http://xhslink.com/m/Ab1Cd2 https://xhslink.com/m/Ab1Cd2', 'short_link', LINK],
    ['500000017', 'red_id', '500000017'],
    ['５０００００００１７.0', 'red_id', '5000000017'],
    ['Lizi_1', 'red_id', 'Lizi_1'],
    ['小红书号: lizi', 'red_id', 'lizi'],
    ['小红书号：13800000000', 'red_id', '13800000000'],
    ['【小红书号】kafei0，合作请私信', 'red_id', 'kafei0'],
    ['咖啡 red_id=kafei0. https://example.com/x', 'red_id', 'kafei0'],
    [`https://www.xiaohongshu.com/explore/${NOTE} 小红书号：kafei0`, 'red_id', 'kafei0'],
    ['13800000000', 'red_id', '13800000000', true],
    ['lizilizi', 'red_id', 'lizilizi', true],
    ['12345678', 'red_id', '12345678', true],
  ])('%j', (cell, kind, input, isContested) => {
    expect(parseId(cell)).toHaveProperty('resolve', { kind, input, ...(isContested && { isContested }) })
  })

  test.each([
    'http://xhslink.com/',
    'http://xhslink.com/m/Ab1Cd2 http://xhslink.com/m/Ab1Cd3',
    '小红书号：kafei0 小红书号：kafei1',
    '小红书号：暂无',
    '小红书号：unknown',
    '小红书号：https://example.com/kafei0',
    'pending',
    '5.6E+23',
    '',
    '合计',
    '微信号：kafei0',
    ID.slice(1),
    `${ID} ${OTHER} http://xhslink.com/m/Ab1Cd2`,
  ])('none in %j', (cell) => expect(parseId(cell)).not.toHaveProperty('resolve'))

  test('an id beside it is free', () => {
    expect(parseId(`${PROFILE} http://xhslink.com/m/Ab1Cd2 小红书号：kafei0`)).toEqual({ id: ID })
    expect(parseId(`小红书号：${ID}`)).toEqual({ id: ID })
  })
})
