import { justOneApi } from '../../pipelines/justOneApi.js'
import type { Pipeline } from '../../src/model/pipeline.js'

/** A small pipeline for these tests, because the reader must not know any pipeline by name. */
export const pipeline: Pipeline = {
  name: 'test-people',
  version: 1,
  title: 'Test people',
  vendor: justOneApi,
  price: 0.15,
  timeZone: 'Asia/Shanghai',
  idColumns: ['user_id', '用户id', 'profile_url', 'id'],
  genericIdColumns: ['id'],
  // With a flag that makes `test` remember where it stopped.
  otherIdColumns: /note_?id$/g,
  parseId(cell) {
    const id = /^(?:https:\/\/example\.com\/people\/)?([0-9a-f]{24})(?:\?.*)?$/i.exec(cell.trim())?.[1]
    if (id) return { id: id.toLowerCase() }
    if (cell.trim() === '') return { reason: 'empty', remedy: 'fill it in' }
    return { reason: 'not_an_id', remedy: 'give 24 hex digits' }
  },
  request: (id) => ({ path: '/api/test/people/v1', query: { personId: id } }),
  profile: () => ({ kind: 'empty' }),
  columns: {},
  children: [],
  check: () => [],
  simulatedAnswers: () => Promise.reject(new Error('these tests send no calls')),
}
