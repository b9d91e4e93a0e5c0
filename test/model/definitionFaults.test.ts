import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/xiaohongshu-user-profile/definition.js'
import { namingFaults, survivingFaults } from '../../src/model/definitionFaults.js'
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

test('where it cannot take strangers out, nothing is kept but the fault, and that is unreadable at each replay', () => {
  const own = resolverWith({ withoutStrangers: fail })
  const found = `withoutStrangers of the resolver ${resolver!.endpoint} threw: no way (/own.mjs)`
  const kept = own.withoutStrangers({ stranger: 'SECRET' }, 'input')
  expect(kept).toEqual({ definition_failed: found })
  expect(own.read(kept, 'input')).toEqual({ kind: 'unreadable', found })
})
