import { expect, test } from 'vitest'
import { chinese } from '../../../pipelines/weibo-user-profile/chinese.js'
import { idParser } from '../../../src/model/idParser.js'
import { parseId } from '../../../pipelines/weibo-user-profile/ids.js'

test.each([
  '5150001234',
  ' 5150001234 ',
  '５１５０００１２３４',
  '\ufeff5150001234\u200b',
  '="5150001234"',
  'uid: 5150001234',
  '用户ID：5150001234',
  '5150001234.0',
  '5,150,001,234',
  'https://weibo.com/u/5150001234',
  'https://weibo.com/u/5150001234?refer_flag=1001030103_',
  'http://www.weibo.com/5150001234/',
  'weibo.com/5150001234/profile',
  'https://weibo.com/5150001234/ExAmPlE01',
  'https://m.weibo.cn/u/5150001234',
  'https://m.weibo.cn/profile/5150001234#top',
  'https://weibo.cn/u/5150001234',
  '看看@示例猫 的主页：https://weibo.com/u/5150001234，很有意思',
  'https://passport.example/visit?url=https%3A%2F%2Fweibo.com%2Fu%2F5150001234%3Ffrom%3Dx',
  'https://passport.example/visit?url=https%253A%252F%252Fweibo.com%252Fu%252F5150001234',
  '5150001234 https://weibo.com/u/5150001234',
])('%j is one id', (cell) => {
  expect(parseId(cell)).toEqual({ id: '5150001234' })
})

test.each([
  ['', 'empty'],
  [' - ', 'empty'],
  ['N/A', 'empty'],
  ['暂无', 'empty'],
  ['https://weibo.com/u/5150001234 https://weibo.com/u/5150001235', 'several_ids'],
  ['https://weibo.com/n/示例猫', 'name_link'],
  ['https://weibo.com/examplecat', 'name_link'],
  ['https://m.weibo.cn/status/4900000000000000', 'post_without_user'],
  ['https://m.weibo.cn/detail/4900000000000000', 'post_without_user'],
  ['http://t.cn/Aexample', 'short_link'],
  ['https://example.com/u/5150001234', 'link_without_user'],
  ['https://notweibo.com/u/5150001234', 'link_without_user'],
  ['https://weibo.com.example.com/u/5150001234', 'link_without_user'],
  ['@示例猫', 'name'],
  ['515000', 'wrong_length'],
  ['4900000000000000', 'wrong_length'],
  ['5.15E+09', 'ruined_number'],
  ['示例猫', 'not_an_id'],
  ['0150001234', 'not_an_id'],
  ['x'.repeat(5000), 'too_long'],
])('%j is rejected as %s, with a remedy in English and Chinese', (cell, reason) => {
  const parsed = parseId(cell)
  expect(parsed).toMatchObject({ reason })
  expect('remedy' in parsed && parsed.remedy).toMatch(/^[^\n]{10,140}$/)
  expect(chinese.remedies).toHaveProperty(reason)
})

test('what a resolver takes is the first group of the pattern, without the text around it', () => {
  const other = { pattern: /t\.cn\/(\w+)/g, reason: 'short_link', remedy: 'open it', resolve: 'short_link' }
  const parse = idParser({ pattern: '\\d{8}', looksLike: 'uid', others: [other] })
  const short = { reason: 'short_link', remedy: 'open it', resolve: { kind: 'short_link', input: 'Aex1' } }
  expect([parse('看 http://t.cn/Aex1，'), parse('t.cn/Aex1')]).toEqual([short, short])
})
