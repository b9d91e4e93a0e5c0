/** Names of columns with ids or links, the most certain name first. */
export const idColumns: readonly string[] = [
  'user_id',
  'userid',
  'user id',
  'xhs_user_id',
  'xhs_userid',
  'creator_id',
  'creatorid',
  'creator id',
  'kol_id',
  'author_id',
  'uid',
  '用户id',
  '达人id',
  '博主id',
  '作者id',
  '账号id',
  '小红书用户id',
  'profile_url',
  'profile url',
  'profileurl',
  'profile_link',
  'profile link',
  'profile',
  'homepage',
  'share_link',
  '主页链接',
  '主页地址',
  '主页',
  '个人主页',
  '达人主页',
  '博主主页',
  '小红书主页',
  '小红书链接',
  '达人官方地址',
  '蒲公英主页',
  '蒲公英链接',
  '用户链接',
  '达人链接',
  '博主链接',
  '账号链接',
  '链接',
  'url',
  'link',
  'id',
]

/** Those of them that files also give to other things. */
export const genericIdColumns: readonly string[] = ['uid', 'profile', 'share_link', '链接', 'url', 'link', 'id']

/** Columns of notes and of what else has 24 hex digits: `note_id`, `noteId`, `note_card.note_id`, `笔记ID`, `作品编号`. */
export const otherIdColumns =
  /(?:(?<![a-z])(?:note|feed|item|post|work|video|article|comment|goods|product|order|trace)|笔记|作品|帖子|视频|文章|图文|评论|商品|订单)[\s_-]*(?:ids?|编号)$/
