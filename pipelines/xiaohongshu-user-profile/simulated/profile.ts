import type { SimulatedPerson } from './person.js'
import { randomFrom, type Random } from './random.js'

type Json = Record<string, unknown>

/** The growth before each night of a week, in usual nights. A week has seven. */
const WEEK = [0, 0.4, 1, 1.8, 2.5, 3.5, 5.6] as const
/** A bio is changed, and a creator has one big night, once in this number of nights. */
const CYCLE = 30
/** A big night counts for so many more. */
const BIG_NIGHT = 5

/** The growth until this night, in usual nights. Each creator has a week and a big night of their own. */
function growthUntil(night: number, seed: number): number {
  const inWeeks = (nights: number) => nights - (nights % WEEK.length) + WEEK[nights % WEEK.length]!
  const offset = seed % WEEK.length
  const bigNights = Math.floor((night + (seed % CYCLE)) / CYCLE)
  return inWeeks(night + offset) - inWeeks(offset) + BIG_NIGHT * bigNights
}

/** In the first 30 nights the bio stays; then it changes to and fro. */
function bioOf({ bio, seed }: SimulatedPerson, night: number): string {
  const changes = Math.max(0, Math.floor((night - CYCLE + (seed % CYCLE)) / CYCLE))
  return changes % 2 === 1 ? bio.replace('慢慢更新', '每周更新') : bio
}

/** The numbers of a night. They grow from those of night 0. */
function numbersOf(person: SimulatedPerson, night: number) {
  const { fans, likes, collects, notes, follows, growth, seed } = person
  const nights = growthUntil(night, seed)
  const grown = (base: number, speed: number) => Math.max(0, Math.floor(base + nights * (base * speed + (seed % 3))))
  const hasNotes = notes > 0
  return {
    fans: grown(fans, growth),
    liked: hasNotes ? grown(likes, Math.abs(growth)) : 0,
    collected: hasNotes ? grown(collects, Math.abs(growth)) : 0,
    posted: hasNotes ? notes + Math.floor((night * (1 + (seed % 5))) / 4) : 0,
    follows: follows + Math.floor((night * (seed % 4)) / 3),
  }
}

/** Rounded as on the share card: "2.1万". */
export function rounded(count: number): string {
  return count < 10_000 ? String(count) : `${(Math.floor(count / 1000) / 10).toFixed(1)}万`
}

function tagsOf(person: SimulatedPerson, roll: Random): Json[] {
  const tags: Json[] = []
  const icon = `http://ci.xiaohongshu.com/icons/user/gender-${person.gender === 0 ? 'male' : 'female'}-v1.png`
  const label = person.age === null ? person.starSign : `${person.age}岁`
  if (label !== null) tags.push({ icon, name: label, tag_type: 'info' })
  else if (person.gender !== 2) tags.push({ icon, tag_type: 'info' })
  if (person.place) tags.push({ name: person.place.join(''), tag_type: 'location' })
  if (person.profession !== null) tags.push({ name: person.profession, tag_type: 'profession' })
  if (person.college !== null) tags.push({ name: person.college, tag_type: 'college' })
  // The upstream's order has no meaning, so it differs from night to night.
  return roll.chance(0.5) ? tags.reverse() : tags
}

function interactionsOf(person: SimulatedPerson, numbers: ReturnType<typeof numbersOf>, roll: Random): Json[] {
  const hidden = person.seed % 3 === 0
  const list = [
    ['follows', '关注', numbers.follows, hidden, '该用户已设置关注列表不可见'],
    ['fans', '粉丝', numbers.fans, hidden, '该用户已设置粉丝列表不可见'],
    ['interaction', '获赞与收藏', numbers.liked + numbers.collected, false, ''],
  ].map(([type, name, count, hides, toast]) => ({ type, name, count, is_private: hides, toast: hides ? toast : '' }))
  return roll.chance(0.5) ? list.reverse() : list
}

function sellerParts(person: SimulatedPerson): Json {
  const store = `5f00000000000000${(person.seed % 0x1_0000_0000).toString(16).padStart(8, '0')}`
  return {
    buyer_info: { tab_name: '选品', choice_id: String(person.seed) },
    customer_service_link: `xhsdiscover://rn/example/seller/${store}/chat`,
    seller_info: {
      store_id: store,
      tab_goods_api_version: 2,
      tab_code_names: ['TRADE_COMMODITY_TAB', 'TRADE_SELLER_INFO'],
      is_tab_goods_first: true,
    },
  }
}

/** The profile of one person on one night, as the upstream sends it. Plain JSON values. */
export function profileOf(person: SimulatedPerson, night: number): Json {
  const { id, mentions, seller } = person
  const bio = bioOf(person, night)
  const roll = randomFrom(person.seed ^ Math.imul(night + 1, 0x9e3779b1))
  const numbers = numbersOf(person, night)
  const name = night >= person.renamedOn ? person.laterName : person.name
  const token = `EX${Math.floor(roll.next() * 0x1_0000_0000).toString(36)}=`
  const picture = `https://sns-avatar-${roll.pick(['qc', 'hw'])}.xhscdn.com/avatar/${id}.jpg?imageView2/2/w`
  const old = person.era === 'old'
  return {
    liked: numbers.liked,
    nickname: name,
    red_club_info: {
      red_club_url: 'https://www.xiaohongshu.com/store/mc/landing',
      redclubscore: 0,
      red_club: false,
      red_club_level: 0,
    },
    show_extra_info_button: false,
    identity_label_migrated: false,
    ...(old
      ? {}
      : {
          hula_tabs: {
            all_show_tab_config: [
              { tab_name: '笔记', tab_index_weight: 0, tab_id: 'note' },
              ...(seller ? [{ tab_name: '商品', tab_index_weight: 4, tab_id: 'goods_new' }] : []),
            ],
            tab_id_selected: 'note',
          },
        }),
    collected: numbers.collected,
    collected_tags_num: 0,
    collected_book_num: 0,
    desc_at_users: mentions.map((mention) => ({ ...mention })),
    real_name_info: '',
    imageb: `${picture}/540/format/webp`,
    images: `${picture}/360/format/webp`,
    gender: person.gender,
    recommend_info_icon: '',
    red_official_verify_type: person.verifiedType,
    ip_location: person.ipLocation,
    zhong_tong_bar_info: { conversions: [] },
    collected_brand_num: 0,
    remark_name: '',
    avatar_like_status: false,
    ...(old ? {} : { avatar_pendant: { current_user_pendant: false, current_user_pet: false } }),
    follows: numbers.follows,
    nboards: person.seed % 7,
    collected_poi_num: 0,
    userid: id,
    community_rule_url: 'https://www.xiaohongshu.com/user/community-rule',
    share_link: `https://www.xiaohongshu.com/user/profile/${id}?xsec_token=${token}&xsec_source=app_share`,
    red_official_verify_content: person.verifiedContent,
    is_recommend_level_illegal: false,
    identity_deeplink: `xhsdiscover://rn/app-settings/official/certification/details?type=2&user_id=${id}&is_mcn=false`,
    blocking: false,
    user_widget_switch: false,
    sec_account_deeplink: `xhsdiscover://rn/accounts/account-detail?targetId=${id}&new_page_exp=1`,
    desc: bio,
    recommend_info: '',
    collected_movie_num: 0,
    result: { code: 0, message: 'success', success: true },
    ndiscovery: numbers.posted,
    red_official_verified: person.verifiedType > 0,
    blocked: false,
    is_login_user_pro_account: false,
    banner_info: {
      image: `http://sns-avatar-qc.rednotecdn.com/user_banner/${id}?imageView2/2/w/540/format/jpg&ap=${roll.between(1, 99)}`,
      bg_color: '2e3943',
      like_status: false,
    },
    fans: numbers.fans,
    red_id: person.redId,
    share_info: { title: name, content: bio, ...(seller ? { store_link: `xhsdiscover://rn/example/shop/${id}` } : {}) },
    interactions: interactionsOf(person, numbers, roll),
    ...(old
      ? {}
      : {
          share_info_v2: {
            title: `@${name}的个人主页`,
            content: `粉丝: ${rounded(numbers.fans)}\n获赞与收藏: ${rounded(numbers.liked + numbers.collected)}`,
          },
        }),
    user_role_type: seller ? 6 : 0,
    tags: tagsOf(person, roll),
    location_jump: false,
    collected_notes_num: 0,
    collected_product_num: 0,
    ...(old ? {} : { note_num_stat: { posted: numbers.posted, liked: numbers.liked, collected: numbers.collected } }),
    default_collection_tab: 'note',
    level:
      person.level > 0 ? { number: person.level, image_link: '', level_name: '金冠薯' } : { number: 0, image_link: '' },
    location: person.place ? `中国  ${person.place.join('  ')}` : '',
    tab_visible: { note: true, collect: person.seed % 5 === 0, like: false, seed: true },
    red_official_verify_base_info: '',
    real_name_deep_target: 1,
    tab_public: { collection: false, collection_note: true, collection_board: true, seed: true },
    fstatus: 'none',
    ...(old
      ? {}
      : {
          user_desc_info: {
            desc: bio,
            desc_at_users: mentions.map((mention) => ({ user_id: mention.id, nickname: mention.nickname })),
            desc_with_placeholder: bio,
            desc_keywords_switch: true,
          },
        }),
    ...(person.era === 'new'
      ? {
          show_red_official_verify_icon: person.verifiedType > 0,
          red_official_verify_arrow: false,
          block_view_from_user: false,
          block_view_to_user: false,
          mute_view_to_user: false,
        }
      : {}),
    ...(person.college === null
      ? {}
      : { college_info: { college_name: person.college, enrollment_year: person.enrolled } }),
    ...(seller
      ? sellerParts(person)
      : { seller_info: { tab_goods_api_version: 1, tab_code_names: [], is_tab_goods_first: true } }),
  }
}
