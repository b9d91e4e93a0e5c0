import type { ColumnWord } from '../../../src/model/language.js'
import type { counters } from './counters.js'
import type { derived } from './derived.js'

/** The counters and the derived columns in Chinese: title and meaning. */
export const chineseNumbers: Readonly<Record<keyof typeof counters | keyof typeof derived, ColumnWord>> = {
  fans: ['粉丝', '粉丝数。'],
  follows: ['关注', '关注的账号数。'],
  liked: ['获赞', '全部笔记的获赞数。'],
  collected: ['被收藏', '全部笔记被收藏的次数。'],
  ndiscovery: ['笔记', '已发布的笔记数。'],
  nboards: ['专辑', '创建的专辑数。'],
  interactions_follows_count: ['关注（主页显示）', '主页上显示的关注数，同 follows。'],
  interactions_fans_count: ['粉丝（主页显示）', '主页上显示的粉丝数，同 fans。'],
  interactions_interaction_count: ['获赞与收藏（主页显示）', '主页上显示的获赞与收藏数：liked + collected。'],
  note_num_stat_posted: ['笔记（统计）', '笔记统计中的笔记数，同 ndiscovery；较早的返回中没有。'],
  note_num_stat_liked: ['获赞（统计）', '笔记统计中的获赞数，同 liked；较早的返回中没有。'],
  note_num_stat_collected: ['被收藏（统计）', '笔记统计中的被收藏数，同 collected；较早的返回中没有。'],
  red_club_info_redclubscore: ['Red Club 积分', '未加入为 0。'],
  collected_notes_num: ['收藏的笔记', '达人收藏的笔记数。'],
  collected_product_num: ['收藏的商品', '达人收藏的商品数。'],
  collected_brand_num: ['收藏的品牌', '达人收藏的品牌数。'],
  collected_poi_num: ['收藏的地点', '达人收藏的地点数。'],
  collected_tags_num: ['收藏的话题', '达人收藏的话题数。'],
  collected_book_num: ['收藏的图书', '达人收藏的图书数。'],
  collected_movie_num: ['收藏的影视', '达人收藏的影视数。'],

  profile_url: ['主页链接', '主页链接，不含分享口令。'],
  gender_label: ['性别', 'male 男，female 女，unknown 未知。'],
  age: ['年龄', '标签中的年龄（“28岁”）；未显示则为空。'],
  tag_location: ['标签地区', '标签中的地区，如“浙江杭州”。'],
  tag_profession: ['标签职业', '标签中的职业，如“时尚博主”。'],
  tag_college: ['标签学校', '标签中的学校。'],
  likes_and_collects: ['获赞与收藏', 'liked + collected；缺少其一时为主页上显示的数值。'],
  likes_per_note: ['篇均获赞', 'liked / ndiscovery；没有笔记则为空。'],
  likes_to_fans: ['赞粉比', 'liked / fans；没有粉丝则为空。'],
  tier: ['量级', '按粉丝数：nano 1 万以下，micro 10 万以下，mid 50 万以下，macro 100 万以下，其余为 mega。'],
  verified_as: ['认证', 'none 未认证，person 个人，business 企业；未知的认证类型为空。'],
}
