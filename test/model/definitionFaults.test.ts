import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/xiaohongshu-user-profile/definition.js'
import { checkedId, namingFaults, survivingFaults } from '../../src/model/definitionFaults.js'
import type { Resolver } from '../../src/model/resolver.js'

const [resolver] = pipeline.resolvers!
const fail = (): never => {
  throw new Error('no\nway')
}

/** The resolver of a pipeline of one's own with these parts. */
const resolverWith = (parts: Partial<Resolver>): Resolver =>
  survivingFaults(namingFaults({ ...pipeline, resolvers: [{ ...resolver!, ...parts }] }, '/own.mjs')).resolvers![0]!

test('a resolver that fails for an answer makes it unreadable, by name and file', () => {
  const found = `read of the resolver ${resolver!.endpoint} threw: no way (/own.mjs)`
  expect(resolverWith({ read: fail }).read({}, 'input')).toEqual({ kind: 'unreadable', found })
  const read = () => ({ kind: 'found', id: '' }) as const
  expect(resolverWith({ read }).read({}, 'input')).toMatchObject({
    found: expect.stringContaining('returned an object, not one of the kinds of Resolved') as string,
  })
})

test('an id that a resolver finds, or that is stored, is none where its request cannot be made', () => {
  const read = () => ({ kind: 'found', id: '5f0000000000000000000001' }) as const
  expect(resolverWith({ read }).read({}, 'input')).toMatchObject({ kind: 'found' })
  const own = survivingFaults(
    namingFaults({ ...pipeline, request: fail, resolvers: [{ ...resolver!, read }] }, '/own.mjs'),
  )
  const fault = 'request threw: no way (/own.mjs)'
  expect(own.resolvers![0]!.read({}, 'input')).toEqual({ kind: 'unreadable', found: fault })
  expect(checkedId('id', own)).toEqual({ reason: 'definition_failed', remedy: fault })
  expect(checkedId('id', pipeline)).toEqual({ id: 'id' })
})

test('where it cannot take strangers out, nothing is kept but the fault, and that is unreadable at each replay', () => {
  const own = resolverWith({ withoutStrangers: fail })
  const found = `withoutStrangers of the resolver ${resolver!.endpoint} threw: no way (/own.mjs)`
  const kept = own.withoutStrangers({ stranger: 'SECRET' }, 'input')
  expect(kept).toEqual({ definition_failed: found })
  expect(own.read(kept, 'input')).toEqual({ kind: 'unreadable', found })
})
