import { expect, test } from 'vitest'
import { pipeline } from '../../pipelines/default.js'
import { asReadNow } from '../../src/load/sql/asReadNow.sql.js'
import { openWorking } from './schema/views/open.js'

test('rows of a snapshot by an older version become what their answers give now, and others stay', async () => {
  const { rows } = await openWorking(pipeline)
  await rows(
    `INSERT INTO creators (user_id, bio, ip_location, nickname, fans, liked, likes_and_collects, tier, gender_label) VALUES
     ('absurd', '', '广东', 'A', -5, 12000000000, 12000000001, 'nano', 'unknown'),
     ('empty', '', '', '', 10, 1, 2, 'nano', 'unknown'),
     ('good', 'b', '广东', 'G', 10000000000, 0, 0, 'mega', 'male')`,
  )
  await rows(
    `INSERT INTO creator_counters (user_id, observed_at, fans, liked, tier) VALUES
     ('absurd', '2026-11-10T00:00:00Z', 9007199254740994, 1, 'mega'), ('good', '2026-11-10T00:00:00Z', 5, NULL, 'nano')`,
  )
  await rows(
    `INSERT INTO creator_interactions (user_id, position, type, toast, count) VALUES ('absurd', 0, 'fans', '', -5), ('good', 0, 'fans', 't', 5)`,
  )
  for (const statement of asReadNow(pipeline)) await rows(statement)
  const cells = async (sql: string) => (await rows(sql)).map(Object.values)
  expect(
    await cells(
      'SELECT user_id, bio, ip_location, nickname, fans, liked, likes_and_collects, tier, gender_label FROM creators ORDER BY 1',
    ),
  ).toEqual([
    ['absurd', null, '广东', 'A', null, null, null, null, 'unknown'],
    ['empty', null, null, null, 10, 1, 2, 'nano', 'unknown'],
    ['good', 'b', '广东', 'G', 10_000_000_000, 0, 0, 'mega', 'male'],
  ])
  expect(await cells('SELECT user_id, fans, liked, tier FROM creator_counters ORDER BY 1')).toEqual([
    ['absurd', null, 1, null],
    ['good', 5, null, 'nano'],
  ])
  expect(await cells('SELECT user_id, toast, count FROM creator_interactions ORDER BY 1')).toEqual([
    ['absurd', null, null],
    ['good', 't', 5],
  ])
})
