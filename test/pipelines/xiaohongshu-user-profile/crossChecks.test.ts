import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { check } from '../../../pipelines/xiaohongshu-user-profile/crossChecks.js'

const share = (content: string) => ({ share_info_v2: { content } })
const kinds = (profile: Record<string, unknown>) => check({}, profile).map(({ kind, column }) => `${kind} ${column}`)

describe('share text against followers', () => {
  test.each([
    [21263, '粉丝: 2.1万\n获赞与收藏: 8.1万'],
    [21263, '粉丝:2.1万'],
    [21263, '粉丝： 2.2万'],
    [21000, '粉丝: 2.1万'],
    [8624, '粉丝: 8624'],
    [123_456_789, '粉丝: 1.2亿'],
    [15, '粉丝: 10+'],
    [60_000, '粉丝: 5万+'],
    ['2.1万', '粉丝: 21263'],
    ['2.1万', '粉丝: 2.1万'],
    [5, '没有数字'],
    [5, '粉丝: many'],
    [5, ''],
    [null, '粉丝: 2.1万'],
  ])('%s agrees with %j', (fans, content) => {
    expect(kinds({ fans, ...share(content) })).toEqual([])
  })

  test.each([
    [21263, '粉丝: 21.3万'],
    [212_630, '粉丝: 2.1万'],
    [8624, '粉丝: 8625'],
    [22_001, '粉丝: 2.1万'],
    [20_000, '粉丝: 2.1万'],
    [5, '粉丝: 10万+'],
    ['2.1万', '粉丝: 10.5万'],
  ])('%s does not agree with %j', (fans, content) => {
    expect(kinds({ fans, ...share(content) })).toEqual(['share_text_disagrees fans'])
  })
})

describe('numbers that an answer gives twice', () => {
  const shown = (count: unknown) => ({
    interactions: [null, 'x', { type: 'fans', count: 1 }, { type: 'interaction', count }],
  })

  test.each([
    { liked: 10, collected: 5, ...shown(15) },
    { liked: 10, collected: 5, ...shown('15') },
    { liked: 65_447, collected: 15_725, ...shown('8.1万') },
    { liked: 10, collected: 5, interactions: [] },
    { liked: 10, ...shown(15) },
    { ndiscovery: 7, note_num_stat: { posted: 7 } },
    { ndiscovery: 7, note_num_stat: null },
    { ndiscovery: 7 },
    {},
  ])('%j agrees', (profile) => {
    expect(kinds(profile)).toEqual([])
  })

  test('numbers beyond 2^53 agree to the last digit', () => {
    expect(kinds({ liked: 2n ** 60n, collected: 5, ...shown(2n ** 60n + 5n) })).toEqual([])
    expect(kinds({ liked: 2n ** 60n, collected: 5, ...shown(2n ** 60n + 6n) })).toHaveLength(1)
  })

  test('liked + collected against the count shown', () => {
    expect(check({}, { liked: 10, collected: 5, ...shown(16) })).toEqual([
      { kind: 'counts_disagree', column: 'interactions_interaction_count', detail: 'liked + collected 15, shown 16' },
    ])
  })

  test('notes posted', () => {
    expect(kinds({ ndiscovery: 7, note_num_stat: { posted: 8 } })).toEqual(['counts_disagree note_num_stat_posted'])
  })

  test('never throws', () => {
    const key = fc.constantFrom(
      'fans',
      'liked',
      'collected',
      'interactions',
      'note_num_stat',
      'share_info_v2',
      'ndiscovery',
    )
    fc.assert(fc.property(fc.dictionary(key, fc.jsonValue()), (profile) => void check({}, profile)))
  })
})
