import { describe, expect, test } from 'vitest'
import type { Answer, NoAnswer } from '../../src/model/call.js'
import { interpreter } from '../../src/model/interpret.js'
import { loadPipeline } from '../../src/model/pipeline.js'
import { eraseFrom } from '../../src/privacy/eraseCall.js'
import { IdFinder } from '../../src/privacy/idFinder.js'
import { redactJson } from '../../src/privacy/redactJson.js'

const ID = '5f00000000000000000000ab'
const finder = IdFinder.of([ID])
const PLACEHOLDER = '[forgotten]'

describe('ids in JSON', () => {
  test.each([
    ['an item about the person is removed', `[{"id":"${ID}","nickname":"x"}, {"id":"b"}]`, `[ {"id":"b"}]`],
    ['as the last item', `[{"id":"b"} , {"id":"${ID}"} ]`, `[{"id":"b"} ]`],
    ['as a middle item', `[1,{"id":"${ID}"},2]`, '[1,2]'],
    ['as every item', `{"a":[ {"id":"${ID}"} , {"u":"${ID.toUpperCase()}"}, "${ID}" ],"b":1}`, '{"a":[],"b":1}'],
    ['as the first and last item', `["${ID}",1,2,"${ID}"]`, '[1,2]'],
    ['with everything in the item', `[{"id":"${ID}","l":["${ID}",{"x":"${ID}"}]},3]`, '[3]'],
    ['an item that holds such an item stays', `[{"n":[{"id":"${ID}"},1]}]`, `[{"n":[1]}]`],
    ['in an object the id is replaced', `{"owner":{"id":"${ID}","n":1}}`, `{"owner":{"id":"${PLACEHOLDER}","n":1}}`],
    ['in texts', `{"bio":"see ${ID}, \\"${ID}\\"\\n"}`, `{"bio":"see ${PLACEHOLDER}, \\"${PLACEHOLDER}\\"\\n"}`],
    ['in keys', `{"${ID}" : {"a":1}}`, `{"${PLACEHOLDER}" : {"a":1}}`],
    ['with escapes', `{"id":"\\u0035f00000000000000000000ab"}`, `{"id":"${PLACEHOLDER}"}`],
    ['nothing else changes', `{ "n":12345678901234567890.10, "__proto__":1,"a":1,"a":2, "x":"\\u0041" }`, undefined],
  ])('%s', (_, before, after) => {
    expect(redactJson(before, finder)).toBe(after ?? before)
    expect(() => JSON.parse(redactJson(before, finder)) as unknown).not.toThrow()
  })

  test('numbers, deep nesting and long texts', () => {
    const digits = '123456789012345678901234'
    expect(redactJson(`{"a":${digits},"b":[${digits}]}`, IdFinder.of([digits]))).toBe(`{"a":"${PLACEHOLDER}","b":[]}`)
    const deep = `${'['.repeat(100_000)}"${ID}"${']'.repeat(100_000)}`
    expect(redactJson(deep, finder)).toBe(deep.replace(`"${ID}"`, ''))
    const long = '\\n长'.repeat(1_000_000)
    expect(redactJson(`{"a":"${long}","b":"${ID}"}`, finder)).toBe(`{"a":"${long}","b":"${PLACEHOLDER}"}`)
  })

  test('random documents stay valid, and keep everything that is not about the person', () => {
    let state = 7
    const random = (below: number) => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) % below
    const value = (depth: number): unknown => {
      const kind = random(depth > 4 ? 3 : 5)
      if (kind === 0) return random(2) === 0 ? ID : random(100)
      if (kind === 1) return `text ${random(2) === 0 ? ID : ''}`
      if (kind === 2) return null
      const items = Array.from({ length: random(5) }, () => value(depth + 1))
      return kind === 3 ? items : Object.fromEntries(items.map((item, at) => [`k${at}`, item]))
    }
    /** A slow but simple implementation to compare with. */
    const isRemoved = (item: unknown): boolean =>
      item === ID ||
      (typeof item === 'object' && item !== null && !Array.isArray(item) && Object.values(item).includes(ID))
    const without = (item: unknown): unknown => {
      if (typeof item === 'string') return item.replaceAll(ID, PLACEHOLDER)
      if (Array.isArray(item)) return item.filter((each) => !isRemoved(each)).map(without)
      if (typeof item !== 'object' || item === null) return item
      return Object.fromEntries(Object.entries(item).map(([key, each]) => [key, without(each)]))
    }
    for (let round = 0; round < 500; round += 1) {
      const document = value(0)
      const redacted = redactJson(JSON.stringify(document, null, round % 2), finder)
      expect(JSON.parse(redacted)).toEqual(without(document))
    }
  })
})

describe('a call for another person', async () => {
  const interpret = interpreter(await loadPipeline(undefined))
  const answer = (body: string | Buffer, more: Partial<Answer> = {}): Answer => ({
    kind: 'answer',
    seq: 1,
    id: '5f0000000000000000000001',
    attempt: 1,
    sentAt: 1,
    receivedAt: 2,
    ms: 1,
    status: 200,
    contentType: 'application/json',
    retryAfter: null,
    body: Buffer.from(body as string),
    ...more,
  })
  const erased = (call: Answer) => Buffer.from(eraseFrom(call, finder, interpret).body).toString('latin1')

  test('is the same object if there is nothing to take out', () => {
    const call = answer(`{"code":0,"data":{"userid":"5f0000000000000000000001","a":"\\u0035"}}`)
    expect(eraseFrom(call, finder, interpret)).toBe(call)
  })

  test('bytes that are not JSON keep all other bytes', () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0]), Buffer.from(`<a href="${ID}">`), Buffer.from([0xfe])])
    expect(erased(answer(bytes))).toBe(bytes.toString('latin1').replace(ID, PLACEHOLDER))
    expect(erased(answer(`{"code":0,"data":{"id":"${ID}`))).toBe(`{"code":0,"data":{"id":"${PLACEHOLDER}`)
  })

  test('a misdelivered answer loses its values, and is still read as misdelivered', () => {
    const call = answer(
      `{"code":0,"message":"ok","data":{"userid":"${ID}","nickname":"n","tags":[{"name":"t"}],"fans":12,"desc":"I am ${ID}"}}`,
    )
    expect(erased(call)).toBe(
      `{"code":0,"message":"ok","data":{"userid":"${PLACEHOLDER}","nickname":null,"tags":[{"name":null}],"fans":null,"desc":"I am ${PLACEHOLDER}"}}`,
    )
    expect(interpret(eraseFrom(call, finder, interpret))).toMatchObject({ kind: 'misdelivered', billed: 'yes' })
  })

  test.each([
    [`[{"userid":"${ID}","nickname":"n"}]`, `[{"userid":"${PLACEHOLDER}","nickname":null}]`],
    [`{"user":{"userid":"${ID}","nickname":"n"}}`, `{"user":{"userid":"${PLACEHOLDER}","nickname":null}}`],
    [JSON.stringify(`{"userid":"${ID}","nickname":"n"}`), `"${PLACEHOLDER}"`],
  ])('an unreadable answer loses its values, and is still read as unreadable: %s', (data, left) => {
    const call = answer(`{"code":0,"data":${data}}`)
    expect(interpret(call).kind).toBe('unreadable')
    expect(erased(call)).toBe(`{"code":0,"data":${left}}`)
    expect(interpret(eraseFrom(call, finder, interpret)).kind).toBe('unreadable')
  })

  test('headers, details and partial bodies are searched too', () => {
    expect(eraseFrom(answer('{}', { contentType: `x/${ID}`, retryAfter: ID }), finder, interpret)).toMatchObject({
      contentType: `x/${PLACEHOLDER}`,
      retryAfter: PLACEHOLDER,
    })
    const broken: NoAnswer = {
      ...{ kind: 'no_answer', seq: 1, id: 'x', attempt: 1, sentAt: 1, receivedAt: 2, ms: 1, fault: 'broken' },
      detail: `at ${ID}`,
      part: Buffer.from(`{"a":"${ID}`),
    }
    expect(eraseFrom(broken, finder, interpret)).toMatchObject({
      detail: `at ${PLACEHOLDER}`,
      part: Buffer.from(`{"a":"${PLACEHOLDER}`),
    })
  })
})
