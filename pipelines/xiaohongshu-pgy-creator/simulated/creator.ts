import type { SimulatedPerson } from '../../xiaohongshu-user-profile/simulated/person.js'
import { profileOf } from '../../xiaohongshu-user-profile/simulated/profile.js'
import { randomFrom } from '../../xiaohongshu-user-profile/simulated/random.js'
import { NULL_KEYS, words } from './words.js'

type Json = Record<string, unknown>

/** Quotes are looked at once in this number of nights, and some are raised then. */
const QUOTE_CYCLE = 3

/** Rounded to this step, as people quote. */
function quoteOf(fans: number, factor: number, raises: number): number {
  const step = fans < 100_000 ? 50 : 500
  return Math.max(step, Math.round((fans * factor * 1.15 ** raises) / step) * step)
}

/** The creator of one person on one night, as the upstream sends it. Plain JSON values. */
export function creatorOf(person: SimulatedPerson, night: number): Json {
  const profile = profileOf(person, night)
  const [fans, liked, collected] = ['fans', 'liked', 'collected'].map((key) => Number(profile[key]))
  const { seed, id } = person
  const roll = randomFrom(seed ^ 0x5ca1ab1e)
  const raises = roll.chance(0.3) ? Math.floor((night + (seed % QUOTE_CYCLE)) / QUOTE_CYCLE) % 5 : 0
  const [hasPictures, hasVideos] = [roll.chance(0.9), roll.chance(0.8)]
  const picturePrice = hasPictures ? quoteOf(person.fans, 0.03, raises) : 0
  const videoPrice = hasVideos ? quoteOf(person.fans, 0.045, raises) : 0
  const mcn = roll.chance(0.4) ? roll.pick(words.agencies) : undefined
  const reads = Math.floor(fans! * (0.05 + roll.next() * 0.4))
  const engaged = Math.floor(reads * (0.02 + roll.next() * 0.1))
  const cost = (price: number, number: number) =>
    price === 0 || number === 0 ? 0 : Math.round((100 * price) / number) / 100
  const level = roll.between(1, 4)
  return {
    ...Object.fromEntries(NULL_KEYS.map((key) => [key, null])),
    userId: id,
    headPhoto: `https://sns-avatar-${roll.pick(['qc', 'hw'])}.xhscdn.com/avatar/${id}.jpg?ap=${night % 7}`,
    name: profile['nickname'],
    redId: person.redId,
    location: person.place ? person.place.join(' ') : '',
    travelAreaList: roll.chance(0.3) ? [roll.pick(words.areas)] : [],
    gender: ['男', '女', ''][person.gender],
    tradeType: roll.pick(words.trades),
    type: [],
    activityList: [],
    contentTags: [...new Set([roll.pick(words.contents), roll.pick(words.contents)])],
    featureTags: [...new Set([roll.pick(words.features), roll.pick(words.features)])],
    noteSign: mcn === undefined ? null : { userId: `5f00000000000000${mcn[0]}`, name: mcn[1] },
    liveSign: null,
    ...{
      isCollect: false,
      pictureInCart: false,
      videoInCart: false,
      resemblance: false,
      hasBuyerAuth: seed % 11 === 0,
    },
    ...{ pictureShowState: hasPictures, videoShowState: hasVideos, lowActive: seed % 13 === 0 },
    ...{ picturePriceGtZero: hasPictures, videoPriceGtZero: hasVideos },
    ...{ picturePrice, videoPrice, lowerPrice: Math.min(picturePrice || videoPrice, videoPrice || picturePrice) },
    ...{ pictureState: Number(hasPictures), videoState: Number(hasVideos), priceState: 1, videoCpcState: 0 },
    clothingIndustryPrice: {
      ...{ industryId: 0, bizType: null, picturePrice: 0, pictureState: 0, videoPrice: 0, videoState: 0 },
    },
    ...{ valid: 1, homePageDisplay: 1, userType: 0, cooperateState: 0, cooperType: 0, buyerType: 0, kolType: 0 },
    ...{ currentLevel: level, nextLevel: level, newHighQuality: 0, showPromiseTag: 0, controlState: 0, fbState: 0 },
    ...{ kolHeadLabel: 0, fansCount: fans, fansNum: fans, likeCollectCountInfo: liked! + collected! },
    businessNoteCount: seed % 40,
    coopNoteNum30d: seed % 5,
    fans30GrowthNum: Math.round(fans! * person.growth * 30),
    ...{ clickMidNum: reads, clickMidNumMcn: reads, interMidNum: engaged, matchNoteNumber: 0, efficiencyValidUser: 0 },
    ...{ pictureClickMidNum: reads, pictureInterMidNum: engaged, videoClickMidNum: reads, videoInterMidNum: engaged },
    ...{ mengagementNum: engaged, mengagementNumMcn: engaged, mEngagementNum: engaged, mEngagementNumMcn: engaged },
    ...{
      mcpuvNum30d: 0,
      mCpuvNum30d: 0,
      kliveCnt30d: 0,
      avgAgmv90d: 0,
      avgLiveViewerNum: 0,
      sellerRealIncomeAmt90d: 0,
    },
    accumCoopImpMedinNum30d: reads * 5,
    ...{ accumPicCommonImpMedinNum30d: reads * 6, accumVideoCommonImpMedinNum30d: reads * 7 },
    accumCommonImpMedinNum30d: reads * 6,
    ...{
      forecastGroupCoverRateLower: 0,
      forecastGroupCoverRateUpper: 0,
      forecastReadUvLower: 0,
      forecastReadUvUpper: 0,
    },
    ...{ estimatePictureCpm: cost(picturePrice * 1000, reads * 6), estimatePictureCpmCompare: 0 },
    ...{ estimateVideoCpm: cost(videoPrice * 1000, reads * 7), estimateVideoCpmCompare: 0 },
    ...{ estimatePictureEngageCost: cost(picturePrice, engaged), estimatePictureEngageCostCompare: 0 },
    ...{ estimateVideoEngageCost: cost(videoPrice, engaged), estimateVideoEngageCostCompare: 0 },
    ...{ estimateCpuv30d: 0, inviteReply48hNumRatio: Math.round(roll.next() * 100) / 100 },
  }
}
