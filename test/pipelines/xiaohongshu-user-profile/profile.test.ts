import { expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/default.js'

const ID = '5f0000000000000001000a0b'

test.each([null, undefined, {}])('%j is an empty answer', (data) => {
  expect(pipeline.profile(data, ID)).toEqual({ kind: 'empty' })
})

test.each<[unknown, string]>([
  ['user not found', 'a text'],
  ['', 'a text'],
  [JSON.stringify({ userid: ID }), 'a text'],
  [7, 'a number'],
  [true, 'a boolean'],
  [[], 'a list of 0'],
  [[{ userid: ID }], 'a list of 1'],
  [{ user: { userid: ID } }, 'an object without userid'],
  [{ nickname: 'x' }, 'an object without userid'],
  [{ userid: null }, 'an object with an unusable userid'],
  [{ userid: '' }, 'an object with an unusable userid'],
  [{ userid: ' ' }, 'an object with an unusable userid'],
  [{ userid: 5 }, 'an object with an unusable userid'],
  [{ userid: [ID] }, 'an object with an unusable userid'],
  [{ userid: { id: ID } }, 'an object with an unusable userid'],
])('%j is unreadable: it holds something, but no profile', (data, found) => {
  expect(pipeline.profile(data, ID)).toEqual({ kind: 'unreadable', found })
})

test('the requested user is a profile, with the id in upper or lower case', () => {
  for (const userid of [ID, ID.toUpperCase()]) {
    const data = { userid, fans: 1 }
    expect(pipeline.profile(data, ID)).toEqual({ kind: 'profile', value: data })
  }
})

test('another user is misdelivered, never a profile', () => {
  expect(pipeline.profile({ userid: '5f0000000000000001000a0c' }, ID)).toEqual({
    kind: 'misdelivered',
    id: '5f0000000000000001000a0c',
  })
  expect(pipeline.profile({ userid: ` ${ID}` }, ID).kind).toBe('misdelivered')
})
