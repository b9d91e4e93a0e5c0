import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { OWN_CODES } from '../../src/model/interpret.js'
import { rowWords } from '../../src/model/rowWords.js'
import { FORGOTTEN_ID } from '../../src/privacy/hideRow.js'
import { HEADER_AGAIN } from '../../src/read/columns.js'

test('each code of a failed call, and each reason of ours, has Chinese words', () => {
  const { meanings, remedies } = rowWords(pipeline, 'zh')
  expect([...OWN_CODES, ...Object.keys(pipeline.vendor.codes)].filter((code) => !meanings[code])).toEqual([])
  for (const { reason } of [FORGOTTEN_ID, HEADER_AGAIN, { reason: 'invalid' }]) expect(remedies[reason]).toBeTruthy()
})

test('English words are those that are stored', () => {
  expect(rowWords(pipeline, 'en')).toEqual({ meanings: {}, remedies: {} })
})
