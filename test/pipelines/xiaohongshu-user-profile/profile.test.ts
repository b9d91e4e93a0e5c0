import { expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/default.js'

const ID = '5f0000000000000001000a0b'

test.each([
  null,
  undefined,
  {},
  [],
  [{ userid: ID }],
  'user not found',
  7,
  true,
  { nickname: 'x' },
  { userid: null },
  { userid: '' },
  { userid: ' ' },
  { userid: 5 },
  { userid: [ID] },
  { userid: { id: ID } },
])('%j is an empty answer', (data) => {
  expect(pipeline.profile(data, ID)).toEqual({ kind: 'empty' })
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
