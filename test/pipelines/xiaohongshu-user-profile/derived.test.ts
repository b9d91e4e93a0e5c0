import { describe, expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/default.js'
import { compilePipeline } from '../../../src/flatten/compile.js'

const ID = '5f0000000000000001000a0b'
const { flatten } = compilePipeline(pipeline)
const names = Object.keys(pipeline.columns)

function derive(profile: Record<string, unknown>, name: string): unknown {
  return flatten({ userid: ID, ...profile }, ID).values[names.indexOf(name)]
}

const tag = (tag_type: string, name?: string) => ({ tag_type, ...(name === undefined ? {} : { name }) })

describe('derived columns', () => {
  test.each([
    [0, 'nano'],
    [9_999, 'nano'],
    [10_000, 'micro'],
    [99_999, 'micro'],
    [100_000, 'mid'],
    [499_999, 'mid'],
    [500_000, 'macro'],
    [999_999, 'macro'],
    [1_000_000, 'mega'],
    [null, null],
  ])('%s followers are %s', (fans, tier) => {
    expect(derive({ fans }, 'tier')).toBe(tier)
  })

  test.each([
    [0, 'male'],
    [1, 'female'],
    [2, 'unknown'],
    [9, 'unknown'],
    [null, 'unknown'],
  ])('gender %s is %s', (gender, label) => {
    expect(derive({ gender }, 'gender_label')).toBe(label)
  })

  test.each([
    [0, 'none'],
    [1, 'person'],
    [2, 'business'],
    [3, null],
    [null, null],
  ])('verification type %s is %s', (type, label) => {
    expect(derive({ red_official_verify_type: type }, 'verified_as')).toBe(label)
  })

  test.each([
    [[tag('info', '28岁')], 28n],
    [[tag('info', '狮子座')], null],
    [[tag('info'), tag('info', ' 31 岁 ')], 31n],
    [[tag('profession', '28岁')], null],
    [[tag('info', '1000岁')], null],
    [[null, 'x', { tag_type: 'info', name: 28 }], null],
    [[], null],
    ['28岁', null],
  ])('the tags %j give the age %s', (tags, age) => {
    expect(derive({ tags }, 'age')).toBe(age)
  })

  test('place, profession and college come from the first tag that has a name', () => {
    const tags = [
      tag('location'),
      tag('location', ''),
      tag('college', '云帆示例大学'),
      tag('location', '浙江杭州'),
      tag('location', '浙江宁波'),
      tag('profession', '时尚博主'),
    ]
    expect(derive({ tags }, 'tag_location')).toBe('浙江杭州')
    expect(derive({ tags }, 'tag_profession')).toBe('时尚博主')
    expect(derive({ tags }, 'tag_college')).toBe('云帆示例大学')
    expect(derive({ tags: [] }, 'tag_location')).toBeNull()
  })

  test('likes and collects are the sum, or else the number that the profile shows', () => {
    const interactions = [{ type: 'interaction', count: 50 }]
    expect(derive({ liked: 30, collected: 12, interactions }, 'likes_and_collects')).toBe(42n)
    expect(derive({ liked: 30, interactions }, 'likes_and_collects')).toBe(50n)
    expect(derive({ liked: 30 }, 'likes_and_collects')).toBeNull()
  })

  test('a ratio without a positive divisor is NULL, never infinite', () => {
    expect(derive({ liked: 30, ndiscovery: 4, fans: 20 }, 'likes_per_note')).toBe(7.5)
    expect(derive({ liked: 30, ndiscovery: 4, fans: 20 }, 'likes_to_fans')).toBe(1.5)
    for (const nothing of [0, null, -1]) {
      expect(derive({ liked: 30, ndiscovery: nothing }, 'likes_per_note')).toBeNull()
      expect(derive({ liked: 30, fans: nothing }, 'likes_to_fans')).toBeNull()
    }
    expect(derive({ fans: 20 }, 'likes_to_fans')).toBeNull()
  })

  test('the link is made from the requested id', () => {
    expect(derive({ userid: ID.toUpperCase() }, 'profile_url')).toBe(`https://www.xiaohongshu.com/user/profile/${ID}`)
  })
})
