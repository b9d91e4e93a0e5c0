import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/default.js'
import { columnOf, type Role } from '../../../src/model/pipeline.js'

const example = new URL('../../flatten/cases/documented-example/input.json', import.meta.url)
const { data } = JSON.parse(readFileSync(example, 'utf8')) as { data: Record<string, unknown> }

const columns = Object.entries(pipeline.columns)
const paths = columns.flatMap(([, { path }]) => path ?? [])

/** Paths of all values that are not objects, as in an answer. */
function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`))
}

const kindOf = (name: string) => pipeline.columns[name]?.kind

describe('the columns', () => {
  test('hold every field of the documented example', () => {
    expect(leaves(data, '').filter((path) => !paths.includes(path))).toEqual([])
  })

  test('hold the fields that were seen in other answers', () => {
    for (const path of [
      'level.level_name',
      'seller_info.store_id',
      'buyer_info',
      'customer_service_link',
      'share_info.store_link',
      'college_info.college_name',
      'college_info.enrollment_year',
      'show_red_official_verify_icon',
      'red_official_verify_arrow',
      'block_view_from_user',
      'block_view_to_user',
      'mute_view_to_user',
      ...['follows', 'fans', 'interaction'].flatMap((type) =>
        ['count', 'is_private'].map((field) => `interactions[type=${type}].${field}`),
      ),
    ])
      expect(paths).toContain(path)
  })

  test('hold the fields of every list item of the example', () => {
    const items: Record<string, unknown[]> = {}
    for (const { path } of pipeline.children) {
      items[path] = path
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], data) as unknown[]
    }
    for (const { path, columns } of pipeline.children) {
      const keys = new Set(items[path]!.flatMap((item) => Object.keys(item as object)))
      expect([...keys].sort()).toEqual(
        Object.values(columns)
          .map((column) => column.path)
          .sort(),
      )
    }
  })

  test('of child tables do not use the names of key columns', () => {
    for (const { columns } of pipeline.children)
      for (const key of ['user_id', 'position', 'run_id', 'observed_at']) expect(columns).not.toHaveProperty(key)
  })

  test.each<[Role, string]>([
    ['id', 'user_id'],
    ['displayName', 'nickname'],
    ['profileUrl', 'profile_url'],
    ['bio', 'bio'],
    ['followers', 'fans'],
    ['engagement', 'likes_and_collects'],
    ['posts', 'ndiscovery'],
    ['tier', 'tier'],
    ['gender', 'gender_label'],
    ['age', 'age'],
    ['region', 'ip_location'],
    ['verification', 'verified_as'],
  ])('the role %s belongs to %s only', (role, name) => {
    expect(columnOf(pipeline, role)).toBe(name)
    expect(columns.filter(([, column]) => column.role === role)).toHaveLength(1)
  })
})

describe('history', () => {
  test('numbers that change often are counters', () => {
    for (const name of [
      'fans',
      'follows',
      'liked',
      'collected',
      'ndiscovery',
      'nboards',
      'red_club_info_redclubscore',
      'interactions_interaction_count',
      'note_num_stat_posted',
      ...Object.keys(pipeline.columns).filter((name) => /^collected_\w+_num$/.test(name)),
    ])
      expect(kindOf(name), name).toBe('counter')
    expect(columns.filter(([, { kind, type }]) => kind === 'counter' && type !== 'count')).toEqual([])
  })

  test('links, pictures, copies and the relation of the viewing account are volatile', () => {
    const volatile = columns.filter(([name, { path }]) => {
      return /link|url|image|share_info|user_desc_info|blocked|blocking|fstatus|remark|recommend_info|_like_status/.test(
        `${name} ${path}`,
      )
    })
    expect(volatile.length).toBeGreaterThan(20)
    for (const [name, { kind }] of volatile.filter(([name]) => name !== 'profile_url'))
      expect(kind, name).toBe('volatile')
    expect(kindOf('interactions')).toBe('volatile')
  })
})

test('a call has the id and no other parameter', () => {
  expect(pipeline.request('5f0000000000000001000a01')).toEqual({
    path: '/api/xiaohongshu/get-user/v3',
    query: { userId: '5f0000000000000001000a01' },
  })
})

describe('names of columns', () => {
  const isOther = (name: string): boolean => pipeline.otherIdColumns!.test(name)

  test('of notes and other things hold no ids of people', () => {
    const names = ['note_id', 'noteid', 'note_card.note_id', '笔记id', '作品编号', 'feed id', 'comment_id', 'feed_ids']
    expect(names.filter((name) => !isOther(name))).toEqual([])
  })

  test('of people are not among them', () => {
    const names = [...pipeline.idColumns, 'note_user_id', 'note_card.user.user_id', '笔记作者id', 'footnote_id', 'note']
    expect(names.filter(isOther)).toEqual([])
  })
})
