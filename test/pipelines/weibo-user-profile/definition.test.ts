import { describe, expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/weibo-user-profile/definition.js'
import { edgeCases } from '../../../pipelines/weibo-user-profile/simulated/edgeCases.js'
import { compilePipeline } from '../../../src/flatten/compile.js'
import { readJsonText } from '../../../src/model/json.js'
import type { Flattened, Value } from '../../../src/model/pipeline.js'

const simulated = await pipeline.simulatedAnswers()
const { flatten } = compilePipeline(pipeline)
const names = Object.keys(pipeline.columns)
const ids = Array.from({ length: 400 }, (_, at) => String(5_160_000_000 + at * 997))
const marked = (number: string): string => `51500000${number}`

/** What `data` of an answer holds, as a run reads it: written as JSON and read back. */
function profileOf(id: string, night = 0) {
  const read = readJsonText(JSON.stringify(simulated.data(id, night)))
  return pipeline.profile(read.ok ? read.value : undefined, id)
}

function flat(id: string, night = 0): Flattened {
  const profile = profileOf(id, night)
  if (profile.kind !== 'profile') throw new Error(`${id} is ${profile.kind}`)
  return flatten(profile.value, id)
}

const cell = ({ values }: Flattened, name: string): Value => values[names.indexOf(name)]!

describe('an answer', () => {
  test.each([
    ['01', { kind: 'empty' }],
    ['02', { kind: 'refused', code: 'ok 0', message: 'the user is not available' }],
    ['03', { kind: 'refused', code: 'ok -100' }],
    ['04', { kind: 'empty' }],
    ['05', { kind: 'unreadable', found: 'an object without data.user' }],
    ['06', { kind: 'misdelivered', id: '5150009999' }],
    ['07', { kind: 'unreadable', found: 'an object without a usable idstr' }],
    ['08', { kind: 'unreadable', found: 'an object without a usable ok' }],
    ['20', { kind: 'unreadable', found: 'a text' }],
  ])('of edge case %s is %j', (number, profile) => {
    expect(profileOf(marked(number))).toEqual(profile)
  })
})

describe('counts as text', () => {
  test('are numbers in the derived columns', () => {
    const star = flat(marked('09'))
    expect(cell(star, 'followers_count_str')).toBe('1.58亿')
    expect(cell(star, 'status_total_counter_total_cnt')).toBe('3,570,000,000')
    expect(cell(star, 'engagement')).toBe(3_570_000_000n)
    expect(cell(star, 'likes_received')).toBe(3_000_000_000n)
    expect(cell(star, 'tier')).toBe('mega')
    expect(star.anomalies).toEqual([])
  })

  test('are NULL if they cannot be read, and the total is the sum of its parts if it is not shown', () => {
    expect(cell(flat(marked('11')), 'engagement')).toBeNull()
    expect(cell(flat(marked('11')), 'comments_received')).toBe(12n)
    expect(cell(flat(marked('12')), 'engagement')).toBe(1023n)
  })

  test('that disagree are an anomaly', () => {
    expect(flat(marked('10')).anomalies).toEqual([
      { kind: 'counts_disagree', column: 'followers_count', detail: '158000, elsewhere 158000000' },
    ])
  })
})

test('places and verifications become the words that views use', () => {
  const derive = (name: string, row: Record<string, Value>) => pipeline.columns[name]!.derive!(row, {})
  const places = ['浙江 杭州', '上海', '海外 美国', '海外', '其他', '', null]
  expect(places.map((location) => derive('region', { location }))).toEqual([
    '浙江',
    '上海',
    '美国',
    null,
    null,
    null,
    null,
  ])
  expect([-1n, 0n, 1n, 7n, 220n].map((verified_type) => derive('verified_as', { verified_type }))).toEqual([
    'none',
    'person',
    'government',
    'organisation',
    null,
  ])
  expect(['m', 'f', 'n', null].map((gender) => derive('gender_label', { gender }))).toEqual([
    'male',
    'female',
    'unknown',
    'unknown',
  ])
})

describe('invented creators', () => {
  test('match the definition, without drift or anomalies, and change little but their counts', () => {
    for (const id of ids)
      for (const night of [0, 1, 30]) {
        const { drift, anomalies, extra } = flat(id, night)
        expect({ id, night, drift, anomalies, extra }).toEqual({ id, night, drift: [], anomalies: [], extra: null })
      }
    const renamed = ids.filter((id) => flat(id).hash !== flat(id, 6).hash)
    expect(renamed.length).toBeGreaterThan(0)
    expect(renamed.length).toBeLessThan(ids.length / 20)
  })

  test('are of every kind', () => {
    const all = ids.map((id) => flat(id))
    for (const [name, values] of Object.entries({
      tier: pipeline.tiers!,
      gender_label: ['male', 'female', 'unknown'],
      verified_as: ['none', 'person', 'government', 'enterprise', 'media', 'organisation'],
      region: ['浙江', '美国', null],
      bio: [null],
    }))
      for (const value of values)
        expect(all.filter((one) => cell(one, name) === value).length, `${name} ${value}`).toBeGreaterThan(0)
  })

  test('have edge cases that drift as their names say', () => {
    for (const [number, { name }] of Object.entries(edgeCases)) expect(`${number} ${name}`).toMatch(/^\d\d .{4,60}$/)
    expect(flat(marked('13')).drift.map(({ path }) => path)).toEqual(['brand_new_key', 'brand_new_object'])
    expect(flat(marked('14')).drift.map(({ kind }) => kind)).toContain('wrong_type')
    expect(cell(flat(marked('17')), 'engagement')).toBe(0n)
    expect(cell(flat(marked('18')), 'verified_as')).toBeNull()
  })
})

test('every column has a description of one line and a name that needs no quotes', () => {
  const columns = [
    ...Object.entries(pipeline.columns),
    ...pipeline.children.flatMap((each) => Object.entries(each.columns)),
  ]
  for (const [name, { description }] of columns) {
    expect(description, name).toMatch(/^[^\n]{2,160}[.)]$/)
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/)
  }
})
