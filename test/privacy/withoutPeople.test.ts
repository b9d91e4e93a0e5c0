import { expect, test } from 'vitest'
import { liveEffects } from '../../src/core/effects.js'
import { IdFinder } from '../../src/privacy/idFinder.js'
import { withoutPeople } from '../../src/privacy/withoutPeople.js'
import { plainId } from '../support/lists.js'

test('people are taken out of the message; level, event and fields stay', () => {
  const logged: unknown[] = []
  const effects = withoutPeople(
    liveEffects((...record) => void logged.push(record)),
    IdFinder.of([plainId(1)]),
  )
  effects.log('info', `lists/${plainId(1)}.csv is searched`, 'erasure_search', { files: 3 })
  expect(logged).toEqual([['info', expect.not.stringContaining(plainId(1)) as string, 'erasure_search', { files: 3 }]])
})
