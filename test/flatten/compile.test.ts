import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { compilePipeline } from '../../src/flatten/compile.js'
import { attribute, counter, derivedFrom, identity, mergeColumns, volatile } from '../../src/model/column.js'
import { attributeColumns, type Column, type Pipeline } from '../../src/model/pipeline.js'

const ID = '5f0000000000000001000b01'
const { flatten, schema } = compilePipeline(pipeline)

/** A small pipeline, to test one thing at a time. */
function small(columns: Record<string, Column>, more: Partial<Pipeline> = {}): Pipeline {
  return { ...pipeline, columns, children: [], check: () => [], ...more }
}

function stableOf(column: string, profile: Record<string, unknown>): unknown {
  const at = attributeColumns(pipeline).findIndex(([name]) => name === column)
  return flatten({ userid: ID, ...profile }, ID).attributes[at]
}

const hashOf = (profile: Record<string, unknown>) => flatten({ userid: ID, ...profile }, ID).hash

describe('versions', () => {
  const base = {
    nickname: '虚构的栗子',
    desc: '简介',
    fans: 10,
    images: 'https://a/1.jpg?sign=1',
    share_link: 'https://www.xiaohongshu.com/user/profile/x?xsec_token=A',
    tags: [
      { tag_type: 'info', name: '28岁', icon: 'http://a/1.png' },
      { tag_type: 'location', name: '浙江杭州' },
    ],
    desc_at_users: [
      { id: '5f0000000000000001000b02', nickname: '样本君' },
      { id: '5f0000000000000001000b03', nickname: '小示例' },
    ],
    interactions: [{ type: 'fans', name: '粉丝', count: 10, is_private: false, toast: '' }],
    seller_info: { tab_code_names: ['A', 'B'] },
  }

  test('a hash is 128 bits of hex, and the same for the same attributes', () => {
    expect(hashOf(base)).toMatch(/^[0-9a-f]{32}$/)
    expect(hashOf(structuredClone(base))).toBe(hashOf(base))
  })

  test.each([
    ['a counter', { fans: 11 }],
    ['a signed address', { images: 'https://b/1.jpg?sign=2' }],
    ['a share token', { share_link: 'https://www.xiaohongshu.com/user/profile/x?xsec_token=B' }],
    ['the relation of the viewing account', { fstatus: 'follows', blocked: true }],
    ['the order of a list', { tags: base.tags.toReversed() }],
    ['an icon in a list', { tags: [{ ...base.tags[0], icon: 'http://b/2.png' }, base.tags[1]] }],
    [
      'the name of a mentioned user',
      { desc_at_users: base.desc_at_users.map((user) => ({ ...user, nickname: '改名' })) },
    ],
    ['a count in a list', { interactions: [{ ...base.interactions[0], count: 11, toast: 'x' }] }],
    ['the order of codes', { seller_info: { tab_code_names: ['B', 'A'] } }],
    ['an unknown key', { brand_new: 1 }],
    ['another way to write nothing', { location: '', real_name_info: null, red_club_info: null }],
  ])('%s does not make a version', (_, change) => {
    expect(hashOf({ ...base, ...change })).toBe(hashOf(base))
  })

  test.each([
    ['a name', { nickname: '别的名字' }],
    ['a removed bio', { desc: '' }],
    ['an additional tag', { tags: [...base.tags, { tag_type: 'college', name: '云帆示例大学' }] }],
    ['another name of a tag', { tags: [base.tags[0], { tag_type: 'location', name: '浙江宁波' }] }],
    ['one mention fewer', { desc_at_users: [base.desc_at_users[0]] }],
    ['privacy', { interactions: [{ ...base.interactions[0], is_private: true }] }],
    ['an additional code', { seller_info: { tab_code_names: ['A', 'B', 'C'] } }],
    ['a flag', { red_official_verified: true }],
    ['a number', { level: { number: 11 } }],
  ])('%s makes a version', (_, change) => {
    expect(hashOf({ ...base, ...change })).not.toBe(hashOf(base))
  })

  test('an empty list and empty text are the same as a missing key', () => {
    for (const nothing of [{}, { tags: [] }, { tags: null }]) expect(stableOf('tags', nothing)).toBeNull()
    for (const nothing of [{}, { desc: '' }, { desc: null }]) expect(stableOf('bio', nothing)).toBeNull()
  })

  test('a value that could stand in two columns hashes differently in each', () => {
    expect(hashOf({ nickname: 'x' })).not.toBe(hashOf({ desc: 'x' }))
    expect(hashOf({ tab_visible: { note: true } })).not.toBe(hashOf({ tab_visible: { like: true } }))
  })

  test('the order of the definition does not matter to the hash', () => {
    const columns = { a: attribute.text('a', 'A.'), b: attribute.count('b', 'B.') }
    const turned = { b: columns.b, a: columns.a }
    const value = { a: 'x', b: 2 }
    expect(compilePipeline(small(columns)).flatten(value, ID).hash).toBe(
      compilePipeline(small(turned)).flatten(value, ID).hash,
    )
  })

  test('list order and volatile values never change the hash', () => {
    const tag = fc.record({ tag_type: fc.string(), name: fc.option(fc.string()), icon: fc.webUrl() })
    const volatiles = fc.record({ share_link: fc.string(), images: fc.string(), fstatus: fc.string(), fans: fc.nat() })
    fc.assert(
      fc.property(fc.array(tag, { maxLength: 5 }), volatiles, volatiles, (tags, before, after) => {
        expect(hashOf({ ...base, ...before, tags })).toBe(hashOf({ ...base, ...after, tags: tags.toReversed() }))
      }),
    )
  })
})

describe('an answer of any shape', () => {
  test('never throws, and has drift of type or key only if the strict schema rejects it', () => {
    const keys = fc.constantFrom(...Object.values(pipeline.columns).flatMap(({ path }) => path?.split(/[.[]/)[0] ?? []))
    const json = fc.jsonValue({ maxDepth: 4 })
    const profile = fc.dictionary(fc.oneof(keys, fc.string(), fc.constant('__proto__')), json, {
      noNullPrototype: true,
    })
    fc.assert(
      fc.property(fc.oneof(profile, json), (value) => {
        const { values, drift, attributes, children } = flatten(value, ID)
        expect(values).toHaveLength(Object.keys(pipeline.columns).length)
        expect(attributes).toHaveLength(attributeColumns(pipeline).length)
        expect(children).toHaveLength(pipeline.children.length)
        const found = drift.filter(({ kind }) => kind !== 'missing_key').length
        expect(found === 0).toBe(schema.safeParse(value).success)
      }),
      { numRuns: 300 },
    )
  })

  test('the id column is the requested id', () => {
    expect(flatten({ userid: ID.toUpperCase() }, ID).values[0]).toBe(ID)
  })

  test('only a missing column that views are built on is drift', () => {
    const { drift } = flatten({ userid: ID }, ID)
    expect(drift.map(({ path, kind }) => `${kind} ${path}`)).toEqual(
      ['nickname', 'desc', 'ip_location', 'fans', 'ndiscovery'].map((path) => `missing_key ${path}`),
    )
  })

  test('a hundred thousand levels do not overflow the stack', () => {
    const deep = JSON.parse(`${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`) as unknown
    const { extra, anomalies, values, children } = flatten(
      { userid: ID, unknown_and_deep: deep, tags: deep, red_club_info: deep, buyer_info: { deep } },
      ID,
    )
    expect(extra).toBeNull()
    expect(values[Object.keys(pipeline.columns).indexOf('tags')]).toBeNull()
    expect(children[0]).toEqual([[null, null, null]])
    expect(anomalies.map(({ kind, column }) => `${kind} ${column}`)).toEqual([
      'too_deep tags',
      'too_deep buyer_info',
      'too_deep extra',
    ])
  })

  test('a hundred thousand unknown keys are kept, and 64 of them are listed', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`key_${at}`, at]))
    const { extra, drift, anomalies } = flatten({ userid: ID, nickname: '', desc: '', fans: 1, ...many }, ID)
    expect(JSON.parse(extra!)).toEqual(many)
    expect(drift).toHaveLength(64)
    expect(anomalies).toEqual([
      { kind: 'much_drift', column: null, detail: expect.stringMatching(/^999\d\d more/) as string },
    ])
  })

  test('a key __proto__ is data and changes no prototype', () => {
    const value = JSON.parse(
      '{"userid":"x","__proto__":{"fans":5,"polluted":1},"level":{"__proto__":{"number":9}}}',
    ) as object
    const { extra, values } = flatten(value, ID)
    expect(extra).toBe('{"level":{"__proto__":{"number":9}},"__proto__":{"fans":5,"polluted":1}}')
    expect(values.includes(5n) || values.includes(9n)).toBe(false)
    expect((Object.prototype as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('a bio of a million characters is kept whole', () => {
    const bio = '长'.repeat(1_000_000)
    expect(flatten({ userid: ID, desc: bio }, ID).values).toContain(bio)
  })
})

describe('other pipelines', () => {
  const derive = derivedFrom<{ a: number | null }>()

  test('ratios, nested columns, objects and derived columns of any type', () => {
    const { flatten } = compilePipeline(
      small({
        a: attribute.ratio('x.y.a', 'A.'),
        b: volatile.ratio('x.b', 'B.'),
        c: attribute.object('x.c', 'C.'),
        d: derive.flag(({ a }) => a === 0.5, 'D.'),
        e: counter('x.e', 'E.'),
      }),
    )
    const { values, drift, attributes } = flatten({ x: { y: { a: 0.5 }, b: '1.25', c: { k: [1] }, e: 3 } }, ID)
    expect(values).toEqual([0.5, 1.25, '{"k":[1]}', true, 3n])
    expect(attributes).toEqual([0.5, '{"k":[1]}'])
    expect(drift).toEqual([{ path: 'x.b', kind: 'wrong_type', expected: 'ratio', found: 'text' }])
  })

  test('two parts of a definition cannot have the same column', () => {
    const parts = [{ a_b: attribute.text('a.b', 'B of A.') }, { c: counter('c', 'C.') }]
    expect(Object.keys(mergeColumns(...parts))).toEqual(['a_b', 'c'])
    expect(() => mergeColumns(...parts, { a_b: volatile.text('a_b', 'Another.') })).toThrow(
      'column a_b: two columns have this name, one of them from a_b',
    )
  })

  test('a definition that contradicts itself is refused', () => {
    const id = identity.text('id', 'Id.')
    const refuse = (columns: Record<string, Column>, more?: Partial<Pipeline>) =>
      expect(() => compilePipeline(small(columns, more)))
    refuse({ a: attribute.text('x', 'A.'), b: attribute.text('x', 'B.') }).toThrow(
      'column b: another column has the same source',
    )
    refuse({ a: attribute.text('x', 'A.'), b: attribute.text('x.y', 'B.') }).toThrow(
      'another column has the whole of x',
    )
    refuse({ a: attribute.text('x[', 'A.') }).toThrow('column path x[ cannot be read')
    refuse({ a: attribute.text('constructor', 'A.') }).toThrow('constructor is a key every object has')
    const table = { name: 't', path: 'list', description: 'T.', columns: { id } }
    refuse({ id }, { children: [table] }).toThrow('child table path list has no list column')
    const computed = { ...table, columns: { id, a: derive.flag(() => true, 'A.') } }
    refuse({ id, list: attribute.list('list', 'L.') }, { children: [computed] }).toThrow(
      'child table t: every column needs a path',
    )
  })
})

test('a number of a million digits makes a short anomaly, whatever finds it', () => {
  const digits = '9'.repeat(1_000_000)
  const profile = { userid: ID, fans: digits, liked: BigInt(digits), share_info: { content: `${digits}粉丝` } }
  const { anomalies } = flatten(profile, ID)
  expect(anomalies.length).toBeGreaterThan(0)
  for (const { detail } of anomalies) expect(detail.length).toBeLessThan(200)

  const quoting = compilePipeline(small({}, { check: () => [{ kind: 'mismatch', column: 'fans', detail: digits }] }))
  expect(quoting.flatten({ userid: ID }, ID).anomalies[0]!.detail).toHaveLength(121)
})
