import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  removeTombstones,
  addTombstones,
  markErased,
  forgottenFinder,
  isUnfinished,
  paidCalls,
  readTombstones,
  tombstoneState,
  writeTombstones,
} from '../../src/privacy/tombstones.js'
import { temporaryFolder } from '../support/folder.js'

const ID = '5f00000000000000000000ab'
const OTHER = '5f00000000000000000000cd'

test('tombstones are read back, recognise their people, and do not contain the ids', async () => {
  const path = join(temporaryFolder(), 'raw', 'forgotten.json')
  const none = await readTombstones(path)
  expect(forgottenFinder(none)).toBeUndefined()
  const begun = addTombstones(none, new Map([[ID, { a: 2 }]]), 0)
  await writeTombstones(path, begun)
  const read = await readTombstones(path)
  expect(readFileSync(path, 'utf8')).not.toContain(ID)
  expect(forgottenFinder(read)!.takeOut(`x${ID.toUpperCase()} ${OTHER}`)).toBe(`x[forgotten] ${OTHER}`)
  expect([isUnfinished(read), tombstoneState(read, ID), tombstoneState(read, OTHER)]).toEqual([
    true,
    'erasing',
    'unknown',
  ])
})

test('paid calls are counted once, even if an erasure is started several times', async () => {
  const none = await readTombstones(join(temporaryFolder(), 'forgotten.json'))
  const begun = addTombstones(none, new Map([[ID, { a: 2, b: 1 }]]), 0)
  // The first erasure was interrupted when the calls of run a were already gone.
  const again = addTombstones(begun, new Map([[ID, { b: 1 }]]), 5)
  expect(paidCalls(again)).toEqual({ a: 2, b: 1 })
  const done = markErased(again, [ID])
  expect([paidCalls(done), isUnfinished(done), tombstoneState(done, ID)]).toEqual([{ a: 2, b: 1 }, false, 'erased'])
  expect(done.people[0]).toMatchObject({ since: new Date(0).toISOString() })
  // Another person of the same run. Then the first may come back, and their paid calls stay counted.
  const both = markErased(addTombstones(done, new Map([[OTHER, { a: 1 }]]), 0), [OTHER])
  expect(paidCalls(both)).toEqual({ a: 3, b: 1 })
  const allowed = removeTombstones(both, [ID])
  expect([paidCalls(allowed), tombstoneState(allowed, ID), tombstoneState(allowed, OTHER)]).toEqual([
    { a: 3, b: 1 },
    'unknown',
    'erased',
  ])
})

test('a lost file is an error once people were erased', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'forgotten.json')
  writeFileSync(join(folder, 'erasures.json'), '{}')
  await expect(readTombstones(path)).rejects.toThrow(`missing: ${path}, although`)
})

test.each(['', '{', '{"version":2}', '[]', '{"version":1,"salt":"x","people":[],"paid":{}}'])(
  'a file that cannot be parsed is an error, not an empty file: %j',
  async (text) => {
    const path = join(temporaryFolder(), 'forgotten.json')
    writeFileSync(path, text)
    await expect(readTombstones(path)).rejects.toMatchObject({ exitCode: 7 })
  },
)
