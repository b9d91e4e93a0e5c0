import { randomFrom } from '../../xiaohongshu-user-profile/simulated/random.js'
import type { SimulatedPerson } from './person.js'

type Json = Record<string, unknown>

/** The answer of one night, with the parts that edge cases change. */
export interface SimulatedData {
  readonly ok: unknown
  readonly data?: unknown
  readonly msg?: string
}

/** As pages show large numbers: "158.3万", "1.58亿". */
function short(count: number): string {
  if (count < 10_000) return String(count)
  const [unit, word] = count < 100_000_000 ? [10_000, '万'] : [100_000_000, '亿']
  const places = word === '亿' ? 2 : 1
  return `${Number((Math.floor((count / unit) * 10 ** places) / 10 ** places).toFixed(places))}${word}`
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** `data` for one person on one night, as the upstream sends it. Plain JSON values. */
export function answerOf(person: SimulatedPerson, night: number): SimulatedData {
  const { id, seed, membership, verifiedType } = person
  const grown = (base: number, speed: number): number =>
    Math.max(0, Math.floor(base + night * (base * speed + (seed % 3))))
  const followers = grown(person.followers, person.growth)
  const likes = person.posts === 0 ? 0 : grown(person.likes, Math.abs(person.growth))
  const [comments, reposts] = [Math.floor(likes * 0.12), Math.floor(likes * 0.07)]
  const roll = randomFrom(seed ^ Math.imul(night + 1, 0x9e3779b1))
  const picture = (size: number): string =>
    `https://tvax${roll.between(1, 4)}.sinaimg.cn/crop.0.0.${size}.${size}.${size}/${id}.jpg?KID=imgbed,tva&Expires=${roll.between(1, 99)}`
  const membershipShown = { mbrank: membership, mbtype: membership > 0 ? 12 : 0, svip: 0, vvip: 0 }
  const user: Json = {
    id: Number(id),
    idstr: id,
    pc_new: 7,
    screen_name: night >= person.renamedOn ? person.laterName : person.name,
    profile_image_url: picture(50),
    profile_url: `/u/${id}`,
    verified: verifiedType >= 0,
    verified_type: verifiedType,
    verified_type_ext: verifiedType === 0 ? 1 : 0,
    verified_reason: person.verifiedReason,
    domain: seed % 4 === 0 ? `example${seed % 9999}` : '',
    weihao: '',
    status_total_counter: {
      total_cnt_format: short(likes + comments + reposts),
      comment_cnt: grouped(comments),
      repost_cnt: grouped(reposts),
      like_cnt: grouped(likes),
      total_cnt: grouped(likes + comments + reposts),
    },
    avatar_large: picture(180),
    avatar_hd: picture(1024),
    follow_me: false,
    following: false,
    ...membershipShown,
    v_plus: seed % 11 === 0 ? 1 : 0,
    user_ability: 10_814_208,
    planet_video: seed % 2 === 0,
    description: person.bio,
    location: person.location,
    gender: person.gender,
    followers_count: followers,
    followers_count_str: short(followers),
    friends_count: person.following,
    statuses_count: person.posts === 0 ? 0 : person.posts + Math.floor((night * (1 + (seed % 5))) / 2),
    url: seed % 6 === 0 ? `https://example.com/${id}` : '',
    cover_image_phone: picture(640),
    icon_list: membership > 0 ? [{ type: 'vip', data: membershipShown }] : [],
    top_user: 0,
    user_type: 0,
    is_star: verifiedType === 0 && followers > 10_000_000 ? '1' : '0',
    is_muteuser: false,
    special_follow: false,
  }
  return { ok: 1, data: { user, tabList: [{ name: 'home', tabName: '精选' }], blockText: '' } }
}
