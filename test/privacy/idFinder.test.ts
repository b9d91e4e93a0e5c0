import { expect, test } from 'vitest'
import { IdFinder, fingerprintOf } from '../../src/privacy/idFinder.js'

const ID = '5f00000000000000000000ab'
const NUMBER = '1234567890'
const FINDERS = {
  'with ids': IdFinder.of([ID, NUMBER]),
  'with fingerprints only': new IdFinder([fingerprintOf(ID), fingerprintOf(NUMBER)], (id) => [ID, NUMBER].includes(id)),
  'with thousands of ids': IdFinder.of([
    ID,
    NUMBER,
    ...Array.from({ length: 5000 }, (_, n) => `6f${String(n).padStart(22, '0')}`),
  ]),
}

test.each(Object.entries(FINDERS))('a finder %s finds them in any case, between any other characters', (_, finder) => {
  for (const [text, rest] of [
    [ID, '[forgotten]'],
    [`x${ID.toUpperCase()}y${ID}`, 'x[forgotten]y[forgotten]'],
    [`https://a.b/%2Fprofile%2F${ID}?x=${ID}`, 'https://a.b/%2Fprofile%2F[forgotten]?x=[forgotten]'],
    [`人${ID}人`, '人[forgotten]人'],
    // Short ids only where they stand by themselves.
    [`a=${NUMBER}&b=%3D${NUMBER}`, 'a=[forgotten]&b=%3D[forgotten]'],
    [`9${NUMBER} ${NUMBER}9 x${NUMBER}`, `9${NUMBER} ${NUMBER}9 x${NUMBER}`],
    [ID.slice(1), ID.slice(1)],
    ['', ''],
  ] as const) {
    expect(finder.takeOut(text)).toBe(rest)
    expect(finder.isIn(text)).toBe(rest !== text)
  }
  expect(finder.has(ID.toUpperCase())).toBe(true)
  expect(finder.has(` ${ID}`)).toBe(false)
  expect(finder.find(`..${ID}`)).toEqual([{ from: 2, to: 26, id: ID }])
})

test('of two ids that overlap the longer one is replaced', () => {
  const both = IdFinder.of([`${ID}00`, ID])
  expect(both.takeOut(`${ID}00 ${ID}`)).toBe('[forgotten] [forgotten]')
})

test('finds what a plain search finds, in random texts', () => {
  const ids = ['aabbaabbaabbaabb', 'abababababababab']
  const all = new IdFinder(ids.map(fingerprintOf), (id) => ids.includes(id))
  let state = 1
  for (let round = 0; round < 300; round += 1) {
    let text = ''
    while (text.length < 200) {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      text += state % 7 === 0 ? ids[(state >> 8) & 1]! : 'aAbB'[(state >> 16) & 3]!
    }
    const lower = text.toLowerCase()
    expect(all.isIn(text)).toBe(ids.some((id) => lower.includes(id)))
    const rest = all.takeOut(text).toLowerCase()
    expect(ids.some((id) => rest.includes(id))).toBe(false)
  }
})
