import { expect, test } from 'vitest'
import { driftAdvice } from '../../../src/commands/run/summary.js'
import type { DriftReceipt } from '../../../src/model/receipt.js'

const drift = (path: string, found: string | null, kind = 'unknown_key'): DriftReceipt => ({
  path,
  kind,
  expected: null,
  found,
  answers: 1,
  example_user_id: 'ann',
})

test.each([
  ['motto', 'text', `motto: attribute.text('motto', '…'),`],
  ['level.stars', 'count', `level_stars: counter('level.stars', '…'),`],
  ['share', 'ratio', `share: attribute.ratio('share', '…'),`],
  ['is_new', 'flag', `is_new: attribute.flag('is_new', '…'),`],
  ['badges', 'list', `badges: attribute.list('badges', '…'),`],
  ['shop', 'object', `shop: attribute.object('shop', '…'),`],
  ['tags[].color', 'text', `color: attribute.text('color', '…'), // an item of tags`],
])('%s, a %s', (path, found, line) => {
  expect(driftAdvice([drift(path, found)])).toEqual([line])
})

test("the columns of a pipeline of one's own are plain objects", () => {
  expect(driftAdvice([drift('stat.likeCount', 'count'), drift('shop', 'object')], true)).toEqual([
    `stat_like_count: { type: 'count', kind: 'counter', path: 'stat.likeCount', description: '…' },`,
    `shop: { type: 'list', holds: 'object', kind: 'attribute', path: 'shop', description: '…' },`,
  ])
})

test('a path that cannot be a column, or is one already, is not proposed', () => {
  const none = [
    drift('a', 'null'),
    drift('["two words"]', 'text'),
    drift('x-y', 'text'),
    drift('constructor', 'text'),
    drift('lists[][].x', 'text'),
    drift('fans', 'text', 'wrong_type'),
    drift('fans', null, 'missing_key'),
  ]
  expect(driftAdvice(none)).toEqual([])
})

test('a key that came with several kinds of values is proposed once', () => {
  const lines = driftAdvice([drift('motto', 'text'), drift('motto', 'count'), drift('motto', 'null')])
  expect(lines).toEqual([`motto: attribute.text('motto', '…'),`])
})
