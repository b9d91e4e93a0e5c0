import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/xiaohongshu-user-profile/definition.js'
import { searchUser } from '../../pipelines/xiaohongshu-user-profile/resolvers/searchUser.js'
import type { Answer, NoAnswer } from '../../src/model/call.js'
import { interpreter } from '../../src/model/interpret.js'
import { withoutStrangers } from '../../src/privacy/withoutStrangers.js'

const CALL = { seq: 1, id: 'kafei0', endpoint: 'search-user', attempt: 1, sentAt: 1, receivedAt: 2, ms: 1 }
const answer = (body: Buffer, status = 200): Answer => ({
  ...{ ...CALL, kind: 'answer', status, contentType: null, retryAfter: null, body },
})
const kept = (body: string): string =>
  Buffer.from(withoutStrangers(answer(Buffer.from(body)), searchUser).body).toString()

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

const deep = (value: string): string => `${'['.repeat(100_000)}${value}${']'.repeat(100_000)}`
const TEXTS = [
  ...[FOUND, FOUND.slice(0, -30), `\ufeff${FOUND}`, `\ufeff${FOUND.slice(0, -30)}`, FOUND.replace('[', '[7,')],
  ...['', ' \n', '7', '"two"', '[{"name":"two"}]', '[{"name":"two"', '7 [{"name":"two"}]', '<html>[{"name":"two"}]'],
  ...['{"users":["two"]}', '{"code":{"two":1}}', '{"code":1.5,"two":1}', '{"code":1e400,"two":1}', '{"code":null}'],
  ...['{"code":"0","data":{"users":[]}}', '{"code":0,"data":{"two":1}}', '{"code":0,"two":1}'],
  ...['{"code":0,"data":null}', '{"code":301,"message":{"two":1}}', '{"code":303,"data":["two"]}'],
  ...['{"code":12345678901234567890,"two":1}', '{"code":0} {"name":"two"}', '\u3000{"name":"two"}'],
  ...['\u3000[{"name":"two"', '{"code":0,"data":"two'],
  ...[`{"code":301,"two":${deep('')}}`, `{"code":0,"fans":1e5,"two":${deep('')}}`, deep('9007199254740993')],
]
const BODIES = [
  ...TEXTS.map((text) => Buffer.from(text)),
  Buffer.from('{"code":0,"data":"\xb4\xed two"}', 'latin1'),
  Buffer.from('<p>\xb4\xed two', 'latin1'),
  Buffer.from('\ufeff{"code":0,"name":"two"}', 'utf16le'),
]

test('what is kept has the outcome of the answer, and names no stranger', () => {
  const interpret = interpreter(pipeline)
  const outcomes = new Set<string>()
  for (const body of BODIES) {
    for (const status of [200, 429, 502]) {
      const received = answer(body, status)
      const { kind, code, billed } = interpret(received)
      const end = withoutStrangers(received, searchUser)
      const start = body.toString('latin1', 0, 60)
      expect(interpret(end), start).toMatchObject({ kind, code, billed })
      expect(Buffer.from(end.body).toString('latin1').replaceAll('\0', ''), start).not.toContain('two')
      outcomes.add(code)
    }
  }
  for (const code of ['0', 'no_body', 'not_json', 'cut_json', 'no_code', 'not_utf8', 'too_deep'])
    expect(outcomes).toContain(code)
})
