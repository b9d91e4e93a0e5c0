import { expect, test } from 'vitest'
import { pipeline } from '../../../pipelines/xiaohongshu-pgy-creator/definition.js'
import { edgeCases } from '../../../pipelines/xiaohongshu-pgy-creator/simulated/edgeCases.js'
import { simulatedAnswers } from '../../../pipelines/xiaohongshu-pgy-creator/simulated/answers.js'
import { answerReader } from '../../../src/flatten/compile.js'

const reader = answerReader(pipeline)
const names = Object.keys(pipeline.columns)

function read(number: string, night = 0) {
  const id = `5f00000000000000005eed${number}`
  const profile = pipeline.profile(simulatedAnswers.data(id, night), id)
  if (profile.kind !== 'profile') return { kind: profile.kind }
  const { values, anomalies, drift, hash } = reader.flatten(profile.value, id)
  const row = Object.fromEntries(names.map((name, at) => [name, values[at]]))
  return { kind: profile.kind, row, hash, anomalies, drift: drift.map(({ path, kind }) => `${path}: ${kind}`) }
}

test('a call has the id and no other parameter', () => {
  expect(pipeline.request('5f0000000000000001000a01')).toEqual({
    path: '/api/xiaohongshu-pgy/api/solar/cooperator/user/blogger/userId/v1',
    query: { userId: '5f0000000000000001000a01' },
  })
})

test('the link of the marketplace is an id', () => {
  const id = '5f0000000000000001000a01'
  expect(pipeline.parseId(`https://pgy.xiaohongshu.com/solar/pre-trade/blogger-detail/${id}?source=x`)).toEqual({ id })
})

test('two keys that differ only in case are two columns', () => {
  expect(read('14').row).toMatchObject({ m_engagement_num: 11n, mengagement_num: 22n })
})

test('a quote that is raised is a change, medians and estimates are not', () => {
  const quotes = [read('10', 0), read('10', 1)]
  expect(quotes.map(({ row }) => row?.['picture_price'])).toEqual([1500, 1800.5])
  expect(quotes[0]!.hash).not.toBe(quotes[1]!.hash)
  const kinds = ['click_mid_num', 'fans30_growth_num', 'estimate_picture_cpm', 'invite_reply48h_num_ratio'].map(
    (name) => pipeline.columns[name]!.kind,
  )
  expect(kinds).toEqual(['counter', 'counter', 'counter', 'counter'])
})

test('where nothing is offered there is no quote; one without its flag is told', () => {
  expect(read('09').row).toMatchObject({ picture_price: 0, picture_quote: null, video_quote: null })
  expect(read('11').anomalies).toEqual([
    {
      kind: 'quote_disagrees',
      column: 'picture_price',
      detail: 'picture_price 900, picture_price_gt_zero false',
    },
  ])
})

test('a growth may fall below 0, followers may not', () => {
  expect(read('12').row).toMatchObject({ fans30_growth_num: -1234n, fans30_growth_rate: -0.03 })
  expect(read('13').row).toMatchObject({ fans_count: null, like_collect_count_info: null })
})

test('numbers as text are read; another spelling of a key is a key of its own', () => {
  const row = { fans_count: 21_000n, like_collect_count_info: 65_447n, picture_price: 1500 }
  expect(read('05').row).toMatchObject(row)
  expect(read('06').drift).toEqual(['brandNewKey: unknown_key', 'FANSCOUNT: unknown_key', 'Name: unknown_key'])
})

test('gender, region and tags as words', () => {
  const row = {
    ...(simulatedAnswers.data('5f0000000000000001000a01', 0) as object),
    ...{ gender: '女', location: '中国 浙江 杭州', contentTags: ['美食', '探店'] },
  }
  const { values } = reader.flatten(row, '5f0000000000000001000a01')
  const valueOf = (name: string) => values[names.indexOf(name)]
  expect(['gender_label', 'region', 'content_tag_names'].map(valueOf)).toEqual(['female', '浙江', '美食、探店'])
})

test('every edge case is read without an error; three are answered as not in the marketplace', () => {
  const kinds = Object.keys(edgeCases).map((number) => read(number).kind)
  expect(new Set(kinds)).toEqual(new Set(['empty', 'unreadable', 'misdelivered', 'profile']))
  const codes = ['16', '17', '18'].map((number) => simulatedAnswers.code!(`5f00000000000000005eed${number}`, 0))
  expect(codes).toEqual([301, 400, 500])
  expect(codes.map((code) => pipeline.codes![code!]!.kind)).toEqual(['missing', 'missing', 'missing'])
})
