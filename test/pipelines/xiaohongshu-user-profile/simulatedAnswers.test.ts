import { describe, expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/default.js'
import { edgeCaseNames } from '../../../pipelines/xiaohongshu-user-profile/simulated/answers.js'
import { compilePipeline } from '../../../src/flatten/compile.js'
import { readJsonText } from '../../../src/model/json.js'
import { attributeColumns, type Flattened, type Value } from '../../../src/model/pipeline.js'

const simulated = await pipeline.simulatedAnswers()
const { flatten } = compilePipeline(pipeline)
const names = Object.keys(pipeline.columns)
const ids = Array.from({ length: 1000 }, (_, at) => `5f0000000000000002${at.toString(16).padStart(6, '0')}`)

/** The answer as a run reads it: written as JSON and read back. */
function answer(id: string, night: number): unknown {
  const read = readJsonText(JSON.stringify(simulated.data(id, night)))
  if (!read.ok) throw new Error(read.problem)
  return read.value
}

const idOf = (number: string) => `5f00000000000000005eed${number}`
const flat = (id: string, night = 0): Flattened => flatten(answer(id, night), id)
const cell = ({ values }: Flattened, name: string): Value => values[names.indexOf(name)]!
const nights = [0, 1, 2, 3, 4, 5, 6]

describe('invented creators', () => {
  const all = ids.map((id) => flat(id))

  test('are the same for the same id and night, and differ between ids', () => {
    expect(simulated.data(ids[0]!, 3)).toEqual(simulated.data(ids[0]!, 3))
    expect(new Set(all.map((one) => `${cell(one, 'nickname')} ${cell(one, 'fans')}`)).size).toBeGreaterThan(950)
  })

  test('match the definition, without drift or anomalies', () => {
    for (const id of ids.slice(0, 300)) expect(pipeline.profile(answer(id, 1), id).kind).toBe('profile')
    for (const night of [0, 1, 30])
      for (const id of ids.slice(0, 300)) {
        const { drift, anomalies, extra } = flat(id, night)
        expect({ id, drift, anomalies, extra }).toEqual({ id, drift: [], anomalies: [], extra: null })
      }
  })

  test('are of every kind', () => {
    const count = (name: string, value: Value) => all.filter((one) => cell(one, name) === value).length
    for (const [name, values] of Object.entries({
      tier: ['nano', 'micro', 'mid', 'macro', 'mega'],
      gender_label: ['male', 'female', 'unknown'],
      verified_as: ['none', 'person', 'business'],
      user_role_type: [0n, 6n],
      level_number: [0n, 11n],
      bio: [null],
      ip_location: [null, '浙江', '意大利'],
      location: [null, '中国  浙江  杭州'],
      tag_location: [null, '浙江杭州'],
      age: [null, 28n],
      tag_profession: [null, '美食博主'],
      tag_college: [null, '云帆示例大学'],
      college_info_enrollment_year: [null],
      mute_view_to_user: [null, false],
      note_num_stat_posted: [null, 0n],
      desc_at_users: ['[]'],
    }))
      for (const value of values) expect(count(name, value), `${name} ${String(value)}`).toBeGreaterThan(0)
    expect(count('tier', 'nano')).toBeGreaterThan(count('tier', 'mega'))
    const mentioned = all.flatMap(({ children }) => children[2]!.map(([id]) => String(id)))
    expect(mentioned.length).toBeGreaterThan(50)
    for (const id of mentioned) expect(pipeline.parseId(id)).toEqual({ id })
  })

  test('mostly grow from night to night', () => {
    const grown = ids.filter((id) => Number(cell(flat(id, 30), 'fans')) > Number(cell(flat(id, 0), 'fans')))
    expect(grown.length / ids.length).toBeGreaterThan(0.6)
    for (const id of ids.slice(0, 200))
      for (const name of ['liked', 'collected', 'ndiscovery']) {
        const series = nights.map((night) => Number(cell(flat(id, night), name)))
        expect(series).toEqual(series.toSorted((a, b) => a - b))
      }
  })

  test('change only their name, and only about one in fifty does', () => {
    const attributes = attributeColumns(pipeline).map(([name]) => name)
    const changes = ids.flatMap((id) => {
      const versions = nights.map((night) => flat(id, night))
      return versions.slice(1).flatMap((version, at) => {
        const before = versions[at]!.attributes
        const changed = attributes.filter((_, index) => version.attributes[index] !== before[index])
        expect(changed.length > 0).toBe(version.hash !== versions[at]!.hash)
        return changed.map((column) => ({ id, column }))
      })
    })
    expect(new Set(changes.map(({ column }) => column))).toEqual(new Set(['nickname']))
    expect(new Set(changes.map(({ id }) => id)).size).toBe(changes.length)
    expect(changes.length).toBeGreaterThan(ids.length / 100)
    expect(changes.length).toBeLessThan(ids.length / 25)
  })
})

describe('edge cases', () => {
  test('each has a name', () => {
    expect(Object.keys(edgeCaseNames).length).toBeGreaterThanOrEqual(30)
    for (const [number, name] of Object.entries(edgeCaseNames))
      expect(`${number} ${name}`).toMatch(/^\d\d [^\n]{4,60}$/)
  })

  test('each can be sent, read and flattened', () => {
    for (const number of Object.keys(edgeCaseNames)) {
      const profile = pipeline.profile(answer(idOf(number), 1), idOf(number))
      if (profile.kind === 'profile') expect(flatten(profile.value, idOf(number)).values).toHaveLength(names.length)
    }
  })

  test('a number without an edge case gives an ordinary creator', () => {
    expect(flat(idOf('99')).drift).toEqual([])
  })

  test.each([
    ['01', 'empty'],
    ['02', 'empty'],
    ['03', 'unreadable'],
    ['04', 'misdelivered'],
    ['24', 'unreadable'],
    ['26', 'unreadable'],
    ['23', 'profile'],
    ['25', 'profile'],
    ['29', 'profile'],
  ])('%s is %s', (number, kind) => {
    expect(pipeline.profile(answer(idOf(number), 0), idOf(number)).kind).toBe(kind)
  })

  test.each([
    ['05', ['inexact']],
    ['06', ['share_text_disagrees']],
    ['09', ['null_list']],
    ['13', ['implausible', 'does_not_fit', 'counts_disagree', 'share_text_disagrees']],
    ['14', ['broken_text']],
    ['17', ['too_deep']],
    ['27', ['counts_disagree']],
    ['31', ['implausible', 'counts_disagree', 'share_text_disagrees']],
    ['30', ['much_drift']],
    ['10', []],
    ['12', []],
    ['15', []],
    ['16', []],
    ['19', []],
    ['20', []],
    ['22', []],
  ])('%s has the anomalies %j', (number, kinds) => {
    expect([...new Set(flat(idOf(number)).anomalies.map(({ kind }) => kind))]).toEqual(kinds)
  })

  test.each([
    ['07', 'unknown_key'],
    ['08', 'wrong_type'],
    ['18', 'unknown_key'],
    ['29', 'missing_key'],
  ])('%s has the drift %s', (number, kind) => {
    expect(flat(idOf(number)).drift.map((drift) => drift.kind)).toContain(kind)
  })

  test('the other edge cases do what their names say', () => {
    expect(cell(flat(idOf('10')), 'user_role_type')).toBe(6n)
    expect(cell(flat(idOf('11')), 'college_info_enrollment_year')).toBe(2018n)
    expect(cell(flat(idOf('12')), 'level_level_name')).toBe('金冠薯')
    expect(cell(flat(idOf('13')), 'follows')).toBe(null)
    expect(['fans', 'liked', 'ndiscovery', 'tier'].map((name) => cell(flat(idOf('31')), name))).toEqual(
      Array(4).fill(null),
    )
    expect(cell(flat(idOf('15')), 'nickname')).toMatch(/^=HYPERLINK/)
    expect(cell(flat(idOf('16')), 'bio')).toHaveLength(1_000_000)
    expect(flat(idOf('18')).extra).toBe('{"__proto__":{"fans":1,"polluted":true}}')
    expect(cell(flat(idOf('20')), 'mute_view_to_user')).toBe(false)
    expect(cell(flat(idOf('22')), 'likes_per_note')).toBeNull()
    expect(cell(flat(idOf('28')), 'verified_as')).toBe('business')
    expect(cell(flat(idOf('21'), 0), 'nickname')).not.toBe(cell(flat(idOf('21'), 1), 'nickname'))
  })
})
