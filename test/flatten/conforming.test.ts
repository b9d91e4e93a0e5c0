import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { compilePipeline } from '../../src/flatten/compile.js'
import { compileConforming } from '../../src/flatten/conforming.js'
import { isObject, readJsonText } from '../../src/model/json.js'

const { flatten, flattenCarefully } = compilePipeline(pipeline)
const readConforming = compileConforming(pipeline)
const invention = await pipeline.simulatedAnswers()

const idOf = (n: number): string => `5f${(n * 7919 + 1).toString(16).padStart(22, '0')}`

/** A profile as the upstream sends it, read from text like any other. */
function profileOf(n: number, night: number): unknown {
  const read = readJsonText(JSON.stringify(invention.data(idOf(n), night)))
  if (!read.ok) throw new Error(read.problem)
  return read.value
}

/** Every object and list of a value, itself included. */
function places(value: unknown): (Record<string, unknown> | unknown[])[] {
  if (Array.isArray(value)) return [value, ...value.flatMap(places)]
  return isObject(value) ? [value, ...Object.values(value).flatMap(places)] : []
}

const ODD_VALUES: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    'a\ud800b',
    0,
    -0,
    1.5,
    2 ** 53,
    -(2 ** 53) + 1,
    true,
    [],
    {},
    [null],
    [[]],
    10n ** 20n,
  ),
  fc.constantFrom<unknown>('2.1万', '1', 'true', '10+', '__proto__', [{ type: 'fans', count: 1 }], { number: 1 }),
  fc.jsonValue(),
)

/** Puts one odd value somewhere in a profile, under a known key or a new one, or takes a key away. */
const CHANGE = fc.record({
  place: fc.nat(),
  key: fc.nat(),
  value: ODD_VALUES,
  how: fc.constantFrom('set', 'add', 'drop'),
})
type Change = typeof CHANGE extends fc.Arbitrary<infer T> ? T : never

function apply(profile: unknown, { place, key, value, how }: Change): void {
  const all = places(profile)
  const at = all[place % all.length]!
  if (Array.isArray(at)) {
    if (how === 'drop') at.splice(key % Math.max(1, at.length), 1)
    else at[how === 'add' ? at.length : key % Math.max(1, at.length)] = value
    return
  }
  const keys = Object.keys(at)
  const name = how === 'add' || keys.length === 0 ? `new_${key}` : keys[key % keys.length]!
  if (how === 'drop') Reflect.deleteProperty(at, name)
  else at[name] = value
}

test('the short way and the careful way give the same rows, whatever differs from the definition', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(3), fc.array(CHANGE, { maxLength: 3 }), (n, night, changes) => {
      const profile = profileOf(n, night)
      for (const { value, ...change } of changes) apply(profile, { ...change, value: structuredClone(value) })
      expect(flatten(profile, idOf(n))).toEqual(flattenCarefully(profile, idOf(n)))
    }),
    { numRuns: 3_000 },
  )
})

test('answers that conform take the short way', () => {
  for (let n = 0; n < 300; n += 1) expect(readConforming(profileOf(n, n % 4))).toBeDefined()
})

test.each([
  ['an unknown key', { brand_new: 1 }],
  ['the key __proto__', JSON.parse('{"__proto__": {"fans": 1}}') as object],
  ['another type', { fans: '12' }],
  ['a number that JavaScript rounds', { fans: 2 ** 53 }],
  ['half a surrogate pair', { nickname: 'a\ud800' }],
  ['null in place of a list', { tags: null }],
  ['an unknown key in a list', { tags: [{ tag_type: 'info', colour: 'red' }] }],
  ['a missing id', { userid: undefined }],
])('%s takes the careful way', (_, change) => {
  const profile = Object.defineProperties(profileOf(1, 0) as object, Object.getOwnPropertyDescriptors(change))
  expect(readConforming(profile)).toBeUndefined()
  expect(flatten(profile, idOf(1))).toEqual(flattenCarefully(profile, idOf(1)))
})
