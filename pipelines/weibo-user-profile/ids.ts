import { idParser } from '../../src/model/idParser.js'

/** Names of columns with ids or links, the most certain name first. */
export const idColumns: readonly string[] = [
  'weibo_uid',
  'weibo uid',
  'weibo_id',
  'uid',
  'user_id',
  'userid',
  'user id',
  'creator_id',
  'kol_id',
  '微博uid',
  '微博id',
  '用户id',
  '博主id',
  '达人id',
  '账号id',
  'profile_url',
  'profile url',
  'profile_link',
  'profile',
  'homepage',
  '微博主页',
  '微博链接',
  '微博地址',
  '主页链接',
  '主页地址',
  '主页',
  '个人主页',
  '博主主页',
  '达人主页',
  '博主链接',
  '达人链接',
  '链接',
  'url',
  'link',
  'id',
]

/** Those of them that files also give to other things. */
export const genericIdColumns: readonly string[] = ['profile', '主页', '链接', 'url', 'link', 'id']

/** Reads a uid, and the links of weibo.com and m.weibo.cn that hold one. A link to a post under a uid gives its author. */
export const parseId = idParser({
  pattern: '[1-9]\\d{7,9}',
  links: [
    'weibo.com/u/<id>',
    'weibo.com/<id>',
    'm.weibo.cn/u/<id>',
    'm.weibo.cn/profile/<id>',
    'm.weibo.cn/<id>',
    'weibo.cn/u/<id>',
  ],
  looksLike: 'uid (8 to 10 digits)',
  others: [
    {
      pattern: /(?<![\w-])weibo\.(?:com|cn)\/(?:status|detail|tv|ttarticle)\b/i,
      reason: 'post_without_user',
      remedy: "paste the link of the author's profile; this link of a post carries no uid",
    },
    {
      pattern: /(?<![\w-])t\.cn\//i,
      reason: 'short_link',
      remedy: 'open the short link in a browser and paste the profile address it leads to',
    },
    {
      pattern: /(?<![\w-])weibo\.(?:com|cn)\/(?:n\/)?[^\s/?#]+/i,
      reason: 'name_link',
      remedy:
        'this link names the user in another way: open it, and copy the uid or the link with /u/ from the profile',
    },
    {
      pattern: /^@/,
      reason: 'name',
      remedy: 'a name is not a uid: paste the link of the profile',
    },
    {
      pattern: /^\d{1,7}$|^\d{11,}$/,
      reason: 'wrong_length',
      remedy: 'a uid has 8 to 10 digits: copy it whole, or paste the link of the profile',
    },
  ],
})
