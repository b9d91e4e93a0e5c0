import { describe, expect, test } from 'vitest'
import { pipeline as weibo } from '../../../pipelines/weibo-user-profile/definition.js'
import { pipeline as xiaohongshu } from '../../../pipelines/default.js'
import { compilePipeline } from '../../../src/flatten/compile.js'
import { completePipeline, definePipeline } from '../../../src/load/schema/definePipeline.js'
import { videos } from './videos.js'

const resolver = xiaohongshu.resolvers![0]!

const faulty = (changes: Record<string, unknown>) => () => definePipeline({ ...videos, ...changes })

const column = (changes: Record<string, unknown>) => ({
  columns: {
    ...videos.columns,
    extra_one: { type: 'text', kind: 'attribute', path: 'one', description: 'x', ...changes },
  },
})

test.each([videos, weibo, xiaohongshu])('the definition of $name is returned as it is', (definition) => {
  expect(definePipeline(definition)).toBe(definition)
})

describe('a fault is one line that names its place:', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['a name', { name: 'My Pipeline' }, 'pipeline My Pipeline: its name has small letters, digits and - only'],
    ['no title', { title: '' }, 'title: expected a text'],
    ['a price', { price: '0.1' }, 'price: expected a number'],
    ['no request', { request: undefined }, 'request: expected a function'],
    ['a request without the id', { request: () => ({ path: '/x', query: {} }) }, 'its request holds the id neither'],
    ['resolvers', { resolvers: resolver }, 'resolvers: expected a list'],
    [
      'an endpoint',
      { resolvers: [{ ...resolver, endpoint: '../x' }] },
      'resolvers[0].endpoint: expected small letters',
    ],
    ['no reader', { resolvers: [{ ...resolver, read: undefined }] }, 'resolvers[0].read: expected a function'],
    ['two of a kind', { resolvers: [resolver, { ...resolver, endpoint: 'x' }] }, 'resolvers: two have the same kind'],
    [
      'a call without the input',
      { resolvers: [{ ...resolver, request: () => ({ path: '/x', query: {} }) }] },
      'share-url-transfer: its request holds the id neither',
    ],
    [
      'a resolver that is not there',
      {
        parseId: {
          pattern: 'x',
          looksLike: 'x',
          others: [{ pattern: /@/, reason: 'name', remedy: 'y', resolve: 'z' }],
        },
      },
      'parseId.others: name names z, but no resolver has this kind',
    ],
    ['ids', { parseId: { looksLike: 'x' } }, 'parseId: expected an object with pattern'],
    ['a pattern', { parseId: { pattern: '[', looksLike: 'x' } }, 'Invalid regular expression'],
    ['a link', { parseId: { pattern: 'x', looksLike: 'x', links: ['a.com/'] } }, 'link a.com/: it needs <id> once'],
    ['a function as profile', { profile: () => ({ kind: 'empty' }) }, 'simulatedAnswers is missing'],
    ['a time zone', { timeZone: 'Mars/Olympus' }, 'Mars/Olympus'],
    ['summer time', { timeZone: 'Europe/Berlin' }, 'has summer time'],
    [
      'hosts',
      { vendor: { hosts: { global: 'x' }, currency: 'USD', codes: {} } },
      'vendor.hosts.global: expected a URL',
    ],
    ['a currency', { vendor: { hosts: { global: 'https://x.test' }, currency: '$', codes: {} } }, 'vendor.currency:'],
    ['a type', column({ type: 'number' }), 'column extra_one: its type is number; expected one of text, count'],
    ['a kind', column({ kind: 'metric' }), 'column extra_one: its kind is metric; expected one of identity'],
    ['a role', column({ role: 'fans' }), 'column extra_one: its role is fans; expected one of id, displayName'],
    ['a role of another type', column({ role: 'age' }), 'the role age needs the type count, not text'],
    [
      'a role over time',
      { columns: { user_id: videos.columns['user_id'], n: { ...videos.columns['followers'], kind: 'attribute' } } },
      'column n: the role followers needs the kind counter or derived, not attribute',
    ],
    ['a role twice', column({ role: 'bio' }), 'columns bio and extra_one both have the role bio'],
    ['a path twice', column({ path: 'sign' }), 'columns bio and extra_one both have the path sign'],
    ['a path inside of another', column({ path: 'sign.x' }), 'extra_one: another column has the whole of sign'],
    ['a path', column({ path: 'a[0]' }), 'column path a[0] cannot be read'],
    ['a path of every object', column({ path: 'constructor' }), 'constructor is a key every object has'],
    ['neither path nor function', column({ path: undefined }), 'it needs a path or a derive function'],
    ['a derived column with a path', column({ kind: 'derived' }), 'the kind derived belongs to columns with a derive'],
    ['a counter of text', column({ kind: 'counter' }), 'a counter has the type count or ratio, not text'],
    ['no description', column({ description: '' }), 'column extra_one: its description is missing'],
    ['camelCase', { columns: { userName: videos.columns['user_id'] } }, 'column userName: a name has small letters'],
    [
      'names that differ in case',
      { columns: { fan_num: videos.columns['followers'], Fan_num: videos.columns['followers'] } },
      'columns fan_num and Fan_num differ only in the case of letters',
    ],
    [
      'no id',
      { columns: { bio: videos.columns['bio'] }, children: [] },
      'the column with role id must be called user_id',
    ],
    [
      'a name of our own',
      { columns: { ...videos.columns, run_id: { ...videos.columns['bio'], path: 'x', role: undefined } } },
      'columns run_id (x) and run_id (ours) of creators have one name',
    ],
    [
      'a kind of a code',
      { codes: { '500': { kind: 'again', billed: 'no', meaning: 'x' } } },
      'codes.500.kind: expected one of empty, invalid',
    ],
    [
      'a code that stops for no reason',
      { codes: { '500': { kind: 'stop', billed: 'no', meaning: 'x' } } },
      'codes.500.stop: goes with the kind stop',
    ],
    [
      'a host of another protocol',
      { vendor: { hosts: { global: 'ftp://localhost' }, currency: 'USD', codes: {} } },
      'vendor.hosts.global: expected a URL with http or https',
    ],
    [
      'a child table without its list',
      { children: [{ name: 'creator_tags', path: 'tags', description: 'x', columns: {} }] },
      'child table path tags has no list column',
    ],
    [
      'a column of a child table',
      { children: [{ name: 'creator_tags', path: 'tags', description: 'x', columns: { a: { type: 'int' } } }] },
      'child table creator_tags: column a: its type is int',
    ],
  ])('%s', (_, changes, message) => {
    expect(faulty(changes)).toThrow(/^pipeline [^\n]+$/)
    expect(faulty(changes)).toThrow(message)
  })
})

describe('what is left out', () => {
  const pipeline = completePipeline(videos, weibo.vendor)

  test('has a default', () => {
    expect(pipeline).toMatchObject({ version: 1, timeZone: 'UTC', genericIdColumns: [], children: videos.children })
    expect(pipeline.vendor).toBe(weibo.vendor)
    expect(pipeline.parseId('https://videos.test/@cat_42?x=1')).toEqual({ id: 'cat_42' })
    expect(pipeline.profile({ code: -404, message: 'none' }, 'cat_42')).toEqual({
      kind: 'missing',
      code: 'code -404',
      message: 'none',
    })
  })

  test('as answers are invented from the columns, and conform to them', async () => {
    const simulated = await pipeline.simulatedAnswers()
    const { flatten } = compilePipeline(pipeline)
    const names = Object.keys(pipeline.columns)
    const night = (id: string, at: number) => {
      const profile = pipeline.profile(simulated.data(id, at), id)
      if (profile.kind !== 'profile') throw new Error(profile.kind)
      return flatten(profile.value, id)
    }
    const ids = Array.from({ length: 300 }, (_, at) => `cat_${at}`)
    for (const id of ids) expect(night(id, 3)).toMatchObject({ drift: [], anomalies: [], extra: null })
    const followers = (id: string, at: number) => Number(night(id, at).values[names.indexOf('followers')])
    expect(ids.filter((id) => followers(id, 30) > followers(id, 0)).length).toBeGreaterThan(150)
    expect(ids.some((id) => night(id, 0).children[0]!.length > 1)).toBe(true)
    const changed = ids.filter((id) => night(id, 0).hash !== night(id, 6).hash)
    expect(changed.length).toBeGreaterThan(0)
    expect(changed.length).toBeLessThan(30)
    expect(simulated.data('cat_1', 2)).toEqual(simulated.data('cat_1', 2))
  })
})
