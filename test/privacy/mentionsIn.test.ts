import { expect, test } from 'vitest'
import { IdFinder } from '../../src/privacy/idFinder.js'
import { mentionsIn } from '../../src/privacy/mentionsIn.js'

const ID = '5f00000000000000000000aa'
const OTHER = '5f00000000000000000000bb'
const find = (text: string) => mentionsIn(text, IdFinder.of([ID]), ['nickname']).map(({ path, value }) => [path, value])

test.each<[name: string, text: string, found: string[][]]>([
  [
    'an object of the person keeps id and name only',
    JSON.stringify({ userid: OTHER, nickname: 'other', at: [{ id: ID, nickname: 'me', fans: 7 }, { id: OTHER }] }),
    [['at[0]', `{"id":"${ID}","nickname":"me"}`]],
  ],
  [
    "an object of another that has the id beside its own keeps the id, not the other's name",
    JSON.stringify([{ id: OTHER, nickname: 'other', friend: ID }]),
    [['[0]', `{"friend":"${ID}"}`]],
  ],
  ['text keeps the id', `a secret about ${ID.toUpperCase()} and others`, [['', `[…] ${ID.toUpperCase()} […]`]]],
  ['only the id', ` ${ID} `, [['', ID]]],
  [
    'JSON in JSON',
    JSON.stringify({ list: JSON.stringify([{ id: ID, nickname: 'me' }]) }),
    [['list[0]', `{"id":"${ID}","nickname":"me"}`]],
  ],
  ['a key', JSON.stringify({ [ID]: 'the name of another' }), [['', ID]]],
  ['cut JSON is text', `{"id":"${ID}","nick`, [['', `[…] ${ID} […]`]]],
  ['another person', JSON.stringify({ id: OTHER }), []],
])('%s', (_, text, found) => {
  expect(find(text)).toEqual(found)
})
