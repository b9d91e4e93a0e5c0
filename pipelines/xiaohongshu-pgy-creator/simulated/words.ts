/** Words for invented creators in the marketplace. No real agency is meant. */
export const words = {
  /** The end of an id, name. */
  agencies: [
    ['0a9c0001', '示例星球文化'],
    ['0a9c0002', '样本传媒'],
    ['0a9c0003', '虚构内容工坊'],
    ['0a9c0004', '占位娱乐'],
  ],
  areas: ['上海', '杭州', '成都', '广州'],
  trades: ['美妆', '美食', '家居', '服饰', '母婴', '数码', ''],
  contents: ['美食', '探店', '穿搭', '护肤', '家居', '旅行', '健身', '读书', '宠物', '数码'],
  features: ['真实测评', '高颜值', '干货', '沉浸式', '幽默', '治愈'],
} as const

/** Keys that are null in all answers seen. */
export const NULL_KEYS = [
  ...[
    'personalTags',
    'totalNoteCount',
    'recommend',
    'showPrice',
    'note',
    'live',
    'cps',
    'goodRecommendPermission',
    'cpc',
  ],
  ...['pictureCpcBasePrice', 'pictureCpcPerPrice', 'pictureCpcEstimateNum', 'videoCpcBasePrice', 'videoCpcPerPrice'],
  ...['videoCpcEstimateNum', 'pictureCpcInCart', 'videoCpcInCart', 'industryTag', 'picPriceRemind', 'videoPriceRemind'],
  ...['noteList', 'authorityList', 'processingAuthorities', 'classifyCode', 'predictiveExposure', 'pictureReadCost'],
  ...['videoReadCost', 'videoFinishRate', 'fans30GrowthRate', 'nextPicturePrice', 'nextVideoPrice', 'fansRiseNum'],
  ...['fansEngageNum', 'overflowNum', 'isIndustryRecommend', 'fansActiveIn28dLv', 'fansEngageNum30dLv'],
  ...['hundredLikePercent30', 'thousandLikePercent30', 'pictureHundredLikePercent30', 'pictureThousandLikePercent30'],
  ...['videoHundredLikePercent30', 'videoThousandLikePercent30', 'promiseImpNum', 'intentionInfo', 'seedAndHarcest'],
  ...['liveImg', 'liveId', 'liveGMV', 'isStar', 'top2CategoryList', 'recommendReason', 'marketTarget', 'readMidCoop30'],
  ...['interMidCoop30', 'specialIndustryLimit', 'algoRecommendReasons'],
] as const
