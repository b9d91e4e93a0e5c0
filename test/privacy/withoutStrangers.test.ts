import { expect, test } from 'vitest'
import { searchUser } from '../../pipelines/xiaohongshu-user-profile/resolvers/searchUser.js'
import type { Answer, NoAnswer } from '../../src/model/call.js'
import { withoutStrangers } from '../../src/privacy/withoutStrangers.js'

const CALL = { seq: 1, id: 'kafei0', endpoint: 'search-user', attempt: 1, sentAt: 1, receivedAt: 2, ms: 1 }
const answer = (body: string): Answer => ({
  ...{ ...CALL, kind: 'answer', status: 200, contentType: null, retryAfter: null, body: Buffer.from(body) },
})
const kept = (body: string): string => Buffer.from(withoutStrangers(answer(body), searchUser).body).toString()

const PERSON = { id: '5f0000000000000000000001', red_id: 'kafei0', name: 'one' }
const STRANGER = { id: '5f0000000000000000000002', red_id: 'kafei00', name: 'two' }
const FOUND = JSON.stringify({ code: 0, message: null, data: { users: [STRANGER, PERSON] }, requestId: 'r' })

test('of a search only the person is kept, and of an answer that cannot be read what comes before its data', () => {
  expect(JSON.parse(kept(FOUND))).toEqual({ code: 0, message: null, data: { users: [PERSON] }, requestId: 'r' })
  expect(kept(FOUND.slice(0, -30))).toBe('{"code":0,"message":null,"data":')
  for (const other of ['<html>busy</html>', '', '{"code":301,"message":"later","data":null}', '{"code"'])
    expect(kept(other)).toBe(other)
  const broken: NoAnswer = {
    ...CALL,
    kind: 'no_answer',
    fault: 'broken',
    detail: '',
    part: Buffer.from(FOUND.slice(0, 90)),
  }
  expect(Buffer.from(withoutStrangers(broken, searchUser).part!).toString()).toBe('{"code":0,"message":null,"data":')
})

test('nobody is kept in another envelope, beside the data, or in a link of the message', () => {
  const beside = '"code":0,"message":"see xhsdiscover://user/5f0000000000000000000002","users":[{"name":"two"}]'
  expect(kept(`{${beside},"data":null,"requestId":["two"],"recordTime":7}`)).toBe(
    '{"code":0,"message":"see [link]","data":null,"recordTime":7}',
  )
  expect(kept('{"code":0,"result":{"users":[{"name":"two"}]}}')).toBe('{"code":0}')
  for (const other of ['[{"name":"two"}]', '"two"']) expect(kept(other)).toBe('[]')
  expect(kept('{"code":0,"items":[{"name":"two"')).toBe('{"code":0,"items":[')
  expect(kept('{"code":0,"data":"https://example.com/two')).toBe('{"code":0,"data":')
  expect(kept('callback({"name":"two"})')).toBe('callback({')
  expect(kept('{"code":0} {"name":"two"}')).toBe('{"code":0} {')
})

test('a number that a double does not hold is kept as it is', () => {
  const user = '{"id":"5f0000000000000000000001","red_id":"kafei0","fans":12345678901234567890}'
  expect(kept(`{"code":0,"data":{"users":[${user}]}}`)).toBe(`{"code":0,"data":{"users":[${user}]}}`)
})
