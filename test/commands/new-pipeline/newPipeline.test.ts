import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { tryPipeline } from '../../../src/load/schema/tryPipeline.js'
import type { PipelineDefinition } from '../../../src/model/pipelineDefinition.js'
import { commandHere } from '../../support/commandHere.js'
import { folderOfFile, temporaryFolder } from '../../support/folder.js'

const user = {
  mid: 7_777_123_001,
  uname: 'SECRET NAME',
  sign: "SECRET 'bio' \\ ${x}",
  face: 'https://secret.test/face.jpg',
  stat: { follower: 4_040_401, followingCount: 42, likeCount: 9001 },
  medals: [{ medal_id: 5, name: 'SECRET' }, { medal_id: 6 }],
  tags: ['SECRET'],
  school: null,
  status: 1,
  desc: 3,
  coins: 2,
  fans_text: 12_000,
  friends: { '7777123002': { since: 1 } },
  is_followed: false,
  'odd key': 1,
  constructor: 'SECRET',
}
const answer = (changes: object = {}) => ({
  code: 0,
  message: null,
  data: { code: 0, message: 'OK', ttl: 1, data: { ...user, ...changes } },
})
const other = answer({ mid: 7_777_123_009, school: { name: 'SECRET' }, coins: 0.5, fans_text: '1.2万', level: 6 })

/** A folder with recorded answers a.json, b.json … */
function folderWith(...answers: unknown[]): string {
  return record(temporaryFolder(), answers)
}

function record(folder: string, answers: readonly unknown[]): string {
  answers.forEach((each, at) => writeFileSync(join(folder, `${'ab'[at]!}.json`), JSON.stringify(each)))
  return folder
}

async function definitionIn(folder: string): Promise<PipelineDefinition> {
  const module = (await import(pathToFileURL(join(folder, 'definition.mjs')).href)) as { default: PipelineDefinition }
  return module.default
}

const folder = folderOfFile()

describe('new-pipeline', async () => {
  const cwd = record(folder, [answer(), other])
  const made = await commandHere(['new-pipeline', 'videos', '--from', 'a.json', 'b.json', '--price', '0.2'], { cwd })
  const definition = await definitionIn(join(cwd, 'videos'))

  test('says what it guessed, and how to go on', () => {
    expect([made.code, made.stderr]).toEqual([0, ''])
    expect(made.stdout).toContain('the profile is data.data, its id is mid; a success has code 0')
    expect(made.stdout).toContain('run videos/list.csv --pipeline ./videos --api simulated')
  })

  test('finds the profile, its id and the code beside the way to it', () => {
    expect(definition).toMatchObject({
      name: 'videos',
      price: 0.2,
      profile: { path: 'data', id: 'mid', success: { path: 'code', is: 0, message: 'message' } },
      parseId: { pattern: '[0-9]{3,12}' },
    })
  })

  test.each<[string, object]>([
    ['user_id', { type: 'text', kind: 'identity', role: 'id' }],
    ['mid', { type: 'count', kind: 'volatile', path: 'mid' }],
    ['uname', { type: 'text', kind: 'attribute', role: 'displayName' }],
    ['sign', { type: 'text', kind: 'attribute', role: 'bio' }],
    ['face', { type: 'text', kind: 'volatile' }],
    ['stat_follower', { type: 'count', kind: 'counter', path: 'stat.follower', role: 'followers' }],
    ['stat_following_count', { type: 'count', kind: 'counter', path: 'stat.followingCount' }],
    ['stat_like_count', { type: 'count', kind: 'counter', role: 'engagement' }],
    ['medals', { type: 'list', kind: 'attribute' }],
    ['tags', { type: 'list', kind: 'attribute' }],
    ['profile_status', { type: 'count', path: 'status' }],
    ['profile_desc', { type: 'count', path: 'desc' }],
    ['friends', { type: 'list', holds: 'object', kind: 'volatile' }],
    ['is_followed', { type: 'flag', kind: 'volatile' }],
    // The answers differ.
    ['school_name', { type: 'text', path: 'school.name' }],
    ['coins', { type: 'ratio', kind: 'counter' }],
    ['fans_text', { type: 'text', kind: 'volatile', holds: 'scalar' }],
    ['level', { type: 'count', kind: 'attribute' }],
  ])('guesses the column %s', (name, column) => {
    expect(definition.columns[name]).toMatchObject(column)
  })

  test('makes a child table of a list of objects, and no column of a key that cannot be a path', () => {
    expect(definition.children).toMatchObject([{ name: 'creator_medals', path: 'medals' }])
    expect(Object.keys(definition.children![0]!.columns)).toEqual(['medal_id', 'name'])
    expect(Object.keys(definition.columns)).toHaveLength(18)
  })

  test('writes no value of an answer', () => {
    const texts = readdirSync(join(cwd, 'videos')).map((name) => readFileSync(join(cwd, 'videos', name), 'utf8'))
    expect(texts).toHaveLength(4)
    for (const text of texts) expect(text).not.toMatch(/SECRET|secret|7777|404040|9001|1\.2万/)
  })

  test('reads the recorded answers without drift but for what was dropped, and invents people that conform', async () => {
    const { read, invent } = await tryPipeline(definition)
    const { outcome, row, drift } = read(answer().data, '7777123001')
    expect([outcome, row?.['user_id'], row?.['stat_follower']]).toEqual(['profile', '7777123001', 4_040_401n])
    expect(row?.['fans_text']).toBe('12000')
    expect(drift.map(({ path }) => path).sort()).toEqual(['["odd key"]', 'constructor'])
    expect(read(invent('1000000001', 2), '1000000001')).toMatchObject({ outcome: 'profile', drift: [], anomalies: [] })
    expect(read({ code: -404, message: 'none' }, '1')).toMatchObject({ outcome: 'refused', message: 'none' })
  })

  test('runs at once from its own list', async () => {
    const run = ['run', 'videos/list.csv', '--pipeline', './videos', '--api', 'simulated', '--no-report', '--json']
    const { code, stdout } = await commandHere(run, { cwd })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      pipeline: 'videos',
      ids: { enriched: 20 },
      drift: [],
      money: { price: 0.2 },
    })
  })
})

test('an empty name is refused: as a path it would be the current folder', async () => {
  const { code, stderr } = await commandHere(['new-pipeline', '', '--from', 'a.json'], { cwd: folderWith(answer()) })
  expect([code, stderr]).toEqual([2, 'error: the name of the pipeline is empty: give one such as video-user\n'])
})

test('names the keys beside the profile, which no column has', async () => {
  const cwd = folderWith({
    code: 0,
    data: { code: 0, user: { uid: 'a1' }, stat: { fans: 3 }, '7777123002': 1, level: 2 },
  })
  const { stdout } = await commandHere(['new-pipeline', 'one', '--from', 'a.json'], { cwd })
  expect(stdout).toContain(`\ndata.stat, data.level: beside the profile, so in no column
  if they belong to the person: leave out path in definition.mjs, make its id user.uid,
  begin each path in columns.mjs with user., and add columns for these keys
`)
})

test('--id-path says where the profile is, and one that is not there is refused', async () => {
  const cwd = folderWith({ user: { id: 'a1', card: { id: 'x9', fans: 3 } } })
  expect(
    (await commandHere(['new-pipeline', 'one', '--from', 'a.json', '--id-path', 'user.card.id'], { cwd })).code,
  ).toBe(0)
  expect(await definitionIn(join(cwd, 'one'))).toMatchObject({
    profile: { path: 'user.card', id: 'id' },
    columns: { user_id: { path: 'id' }, fans: { role: 'followers' } },
  })
  const wrong = await commandHere(['new-pipeline', 'two', '--from', 'a.json', '--id-path', 'user.nobody'], { cwd })
  expect(wrong.stderr).toBe('error: --id-path user.nobody: there is no text or number in at least one of the answers\n')
})

test.each<[string, unknown, string[], string]>([
  ['no answer', answer(), ['videos'], 'new-pipeline needs recorded answers: --from answer.json'],
  [
    'a failure',
    { code: 301, message: 'Collection failed', data: null },
    ['videos', 'a.json'],
    'a.json: its code is 301 (Collection failed), and 0 is a success: record an answer with a profile',
  ],
  [
    'an empty answer',
    { code: 0, data: null },
    ['videos', 'a.json'],
    'its code is 0, and its data is null, not an object',
  ],
  ['a list', [1], ['videos', 'a.json'], 'expected one answer of the endpoint, a JSON object'],
  ['no id', { name: 'x' }, ['videos', 'a.json'], 'no key in the answers looks like the id of a person'],
  ['an absent file', answer(), ['videos', 'c.json'], 'c.json cannot be read'],
  ['a name', answer(), ['My Videos', 'a.json'], 'its name has small letters, digits and - only'],
  [
    'a name that is taken',
    answer(),
    ['weibo-user-profile', 'a.json'],
    'has a pipeline called weibo-user-profile itself',
  ],
  ['a folder that exists', answer(), ['.', 'a.json'], 'exists already'],
])('%s is exit 2 with one line, and nothing is written', async (_, content, args, message) => {
  const cwd = folderWith(content)
  const { code, stderr } = await commandHere(['new-pipeline', ...args], { cwd })
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: [^\n]+\n$/)])
  expect(stderr).toContain(message)
  expect(readdirSync(cwd)).toEqual(['a.json'])
})

test('keeps objects whole whose keys name people, so that no such name becomes a column', async () => {
  const fans = Object.fromEntries('abcdefgh'.split('').map((letter) => [`SECRET_${letter}`, { since: 1 }]))
  const people = (name: string) => ({
    sec: { MS4wLjABAAAAsecretsecretsecret: 1 },
    hex: { abcdef012def: 1 },
    mixed: { s1e2c3ret: 1 },
    known: { [`SECRET_${name}`]: 1, [`SECRET_of_${name}`]: 2 },
    fans,
    periods: { day7: { fans: 1, likes: 2 }, day30: { fans: 3, likes: 4 } },
    sometimes: name === 'one' ? { title: 'SECRET', level: 1 } : { title: 'SECRET' },
  })
  const cwd = folderWith(answer(people('one')), answer(people('two')))
  expect((await commandHere(['new-pipeline', 'keys', '--from', 'a.json', 'b.json'], { cwd })).code).toBe(0)
  const { columns } = await definitionIn(join(cwd, 'keys'))
  for (const name of ['sec', 'hex', 'mixed', 'known', 'fans']) expect(columns, name).toHaveProperty(name)
  for (const name of ['periods_day7_fans', 'sometimes_level']) expect(columns).toHaveProperty(name)
  const texts = readdirSync(join(cwd, 'keys')).map((name) => readFileSync(join(cwd, 'keys', name), 'utf8'))
  for (const text of texts) expect(text).not.toMatch(/SECRET|secret|s1e2|abcdef012/)
})
