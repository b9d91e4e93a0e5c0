import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseId } from '../../../pipelines/xiaohongshu-user-profile/ids.js'

const ID = '5f0000000000000001000a0b'
const NOTE = '66f0000000000000010b0c0d'
const WEB = `https://www.xiaohongshu.com/user/profile/${ID}`

describe('a cell with an id', () => {
  test.each([
    ID,
    ID.toUpperCase(),
    `  ${ID}\t`,
    `"${ID}"`,
    `'${ID}`,
    `${ID},`,
    `${ID}，`,
    `\ufeff${ID}`,
    `${ID.slice(0, 8)}\u200b${ID.slice(8)}\u200d`,
    `\u202a${ID}\u202c`,
    `${ID.slice(0, 12)}\u00ad${ID.slice(12)}`,
    ID.replaceAll('0', '０').replace('f', 'ｆ'),
    `user_id=${ID}`,
    `${ID.slice(0, 8)} ${ID.slice(8, 16)} ${ID.slice(16)}`,
    `${ID.slice(0, 12)}\u00a0 ${ID.slice(12)}`,
    `用户ID： ${ID.slice(0, 12)}\n${ID.slice(12)}`,
    `"${ID.slice(0, 12)}" "${ID.slice(12)}"`,
    `用户ID：${ID}`,
    `${ID}?a=b`,
    `../${ID}`,
    `${ID} ${ID.toUpperCase()}`,
    WEB,
    `${WEB}?xsec_token=ABcd12%3D&xsec_source=pc_feed`,
    `${WEB}/`,
    `${WEB}#tab`,
    `${WEB}/${NOTE}?xsec_token=A`,
    WEB.replace('https://www.', 'http://'),
    WEB.replace('https://www.', ''),
    WEB.replace('https://www', 'm'),
    WEB.replace('xiaohongshu', 'rednote'),
    WEB.replace('.com', '.com:443'),
    WEB.toUpperCase(),
    `${WEB}，`,
    `${WEB},`,
    `${WEB}。`,
    `${WEB}；`,
    `${WEB}、`,
    `${WEB}%20`,
    `[主页](${WEB})`,
    `<a href="${WEB}">主页</a>`,
    `${WEB.replace('profile/', 'profile/\u200b')}\u200b`,
    `//${WEB.slice(8)}`,
    `/user/profile/${ID}?xsec_token=A`,
    `="${ID}"`,
    `=HYPERLINK("${WEB}")`,
    `${ID}\n${ID}`,
    `60 关注了你 查看TA的主页 ${WEB}?xsec_token=ABc_-%3D&xsec_source=app_share 复制此链接，打开【小红书】`,
    `https://www.xiaohongshu.com/explore/${NOTE} ${WEB}`,
    `【虚构的栗子】的主页 ${WEB}?xsec_token=A，快来看看！`,
    `看看这个人${WEB}复制后打开小红书`,
    WEB.replaceAll('/', '／').replaceAll(':', '：').replaceAll('.', '．'),
    `https://www.xiaohongshu.com/login?redirectPath=${encodeURIComponent(WEB)}`,
    `https://www.xiaohongshu.com/user/profile/${ID}?appuid=5f0000000000000001ffffff&share_id=0123456789abcdef0123456789abcdef`,
    `https://pgy.xiaohongshu.com/solar/pre-trade/blogger-detail/${ID}`,
    `https://pgy.xiaohongshu.com/solar/pre-trade/blogger-detail/${ID.toUpperCase()}?source=Advertiser_Kol&track_id=kolMatch_${NOTE}`,
    `蒲公英：pgy.xiaohongshu.com/solar/pre-trade/blogger-detail/${ID}，报价见附件`,
    `https://oia.xiaohongshu.com/oia?deeplink=${encodeURIComponent(`xhsdiscover://user/${ID}?appuid=${NOTE}`)}`,
    `https://oia.xiaohongshu.com/oia?deeplink=xhsdiscover://1/user/user.${ID}`,
    `https://www.xiaohongshu.com/login?redirectPath=${encodeURIComponent(encodeURIComponent(WEB))}`,
    `https://www.xiaohongshu.com/login?from=100%&redirectPath=${encodeURIComponent(`${WEB}?xsec_token=A%3D`)}`,
    encodeURIComponent(WEB),
    encodeURIComponent(encodeURIComponent(WEB)),
    `${WEB}${encodeURIComponent('。')}`,
    `${WEB}${encodeURIComponent('，快来看看')}`,
    `${NOTE} https://www.xiaohongshu.com/login?redirectPath=${encodeURIComponent(`${WEB}/${NOTE}`)}`,
    `xhsdiscover://user/${ID}`,
    `xhsdiscover://1/user/user.${ID}`,
    `xhsdiscover://rn/accounts/account-detail?targetId=${ID}&new_page_exp=1`,
    `xhsdiscover://rn/app-settings/official/certification/details?type=2&user_id=${ID}&is_mcn=false`,
    `http://xhslink.com/a/Ab1Cd2 ${WEB}`,
    `${ID} https://www.xiaohongshu.com/explore/${NOTE}`,
    `${NOTE} ${WEB}/${NOTE}`,
    `{"note_id":"${NOTE}","user_id":"${ID}"}`,
    `作者ID：${ID} 笔记ID：${NOTE} 作品链接：https://www.xiaohongshu.com/explore/${NOTE}?xsec_token=A`,
    `${WEB}?keyword=护肤&appuid=${NOTE}`,
    `${WEB}?keyword=护肤，测评&noteId=${NOTE}`,
    `xhsdiscover://rn/accounts/account-detail?title=栗子的主页&targetId=${ID}`,
  ])('%j', (cell) => {
    expect(parseId(cell)).toEqual({ id: ID })
  })

  test('an id keeps its digits', () => {
    expect(parseId('6A7B8C9D0E1F2A3B4C5D6E7F')).toEqual({ id: '6a7b8c9d0e1f2a3b4c5d6e7f' })
    expect(parseId('560000000000000000000123')).toEqual({ id: '560000000000000000000123' })
  })
})

describe('a cell without an id', () => {
  test.each([
    ['', 'empty'],
    ['  \t', 'empty'],
    ['\ufeff\u200b', 'empty'],
    ['　', 'empty'],
    ['NULL', 'empty'],
    ['#N/A', 'empty'],
    ['nan', 'empty'],
    ['""', 'empty'],
    ['-', 'empty'],
    ['暂无', 'empty'],
    ['http://xhslink.com/a/Ab1Cd2', 'short_link'],
    ['xhslink.cn/m/Ab1Cd2', 'short_link'],
    ['ｘｈｓｌｉｎｋ．ｃｏｍ／ａ／Ab1Cd2', 'short_link'],
    [`http://xhslink.com/o/${ID}`, 'short_link'],
    [`https://www.xiaohongshu.com/explore/${NOTE}?author=${ID}`, 'note_without_user'],
    ['https://www.xiaohongshu.com/user/profile/5.6E+23', 'ruined_number'],
    ['５.６Ｅ＋２３', 'ruined_number'],
    ['"5.6E+23"', 'ruined_number'],
    [`${ID}.0`, 'not_an_id'],
    ['560000000000000000000000.0', 'ruined_number'],
    ['虚构的栗子发布了一篇小红书笔记 http://xhslink.com/Ab1Cd2，复制本条信息', 'short_link'],
    [`https://www.xiaohongshu.com/explore/${NOTE}?xsec_token=A`, 'note_without_user'],
    [`https://www.xiaohongshu.com/discovery/item/${NOTE}`, 'note_without_user'],
    [`看看 https://www.xiaohongshu.com/explore/${NOTE} 真好`, 'note_without_user'],
    [`xhsdiscover://item/${NOTE}`, 'note_without_user'],
    [`${NOTE} https://www.xiaohongshu.com/explore/${NOTE}`, 'note_without_user'],
    [`作品ID：${NOTE} 作品链接：https://www.xiaohongshu.com/explore/${NOTE}?xsec_token=A`, 'note_without_user'],
    [`https://www.xiaohongshu.com/explore/ ${NOTE}`, 'note_without_user'],
    [`笔记ID ${NOTE.toUpperCase()}`, 'note_without_user'],
    [`item/${NOTE}`, 'note_without_user'],
    [`explore/${NOTE}?xsec_token=A`, 'note_without_user'],
    [`评论ID：${NOTE}`, 'not_an_id'],
    [`直播间编号 ${NOTE}`, 'not_an_id'],
    [`{"goods_id": "${NOTE}"}`, 'not_an_id'],
    [`【作品】${NOTE}`, 'note_without_user'],
    [`note_id=${NOTE}`, 'note_without_user'],
    [`"noteId": "${NOTE}"`, 'note_without_user'],
    [`https://www.xiaohongshu.com/search_result?keyword=护肤&noteId=${NOTE}`, 'note_without_user'],
    [`https://www.xiaohongshu.com/search_result?keyword=护肤&appuid=${ID}`, 'link_without_user'],
    [`https://www.xiaohongshu.com/search_result?keyword=护肤，测评&appuid=${ID}`, 'link_without_user'],
    [`appuid=${ID}`, 'not_an_id'],
    ['https://pgy.xiaohongshu.com/solar/pre-trade/blogger-detail/', 'not_an_id'],
    [`https://pgy.xiaohongshu.com/solar/pre-trade/note-detail/${NOTE}`, 'link_without_user'],
    [`https://example.com/solar/pre-trade/blogger-detail/${ID}`, 'link_without_user'],
    [
      `https://oia.xiaohongshu.com/oia?deeplink=${encodeURIComponent(`xhsdiscover://item/${NOTE}`)}`,
      'note_without_user',
    ],
    [
      `${NOTE} https://www.xiaohongshu.com/login?redirectPath=${encodeURIComponent(encodeURIComponent(`/explore/${NOTE}`))}`,
      'note_without_user',
    ],
    ['https://www.xiaohongshu.com/', 'link_without_user'],
    [`https://www.xiaohongshu.com/board/${NOTE}`, 'link_without_user'],
    [`https://example.com/user/profile/${ID}`, 'link_without_user'],
    [`https://evilxiaohongshu.com/user/profile/${ID}`, 'link_without_user'],
    [`https://xiaohongshu.com.example.com/user/profile/${ID}`, 'link_without_user'],
    ['https://www.xiaohongshu.com/user/profile/', 'not_an_id'],
    [`https://www.xiaohongshu.com/user/profile/${ID}ff`, 'wrong_length'],
    ['https://www.xiaohongshu.com/user/profile/500000017', 'red_id'],
    ['500000017', 'red_id'],
    ['95012345678', 'red_id'],
    ['500000017.0', 'red_id'],
    ['５０００００００１７', 'red_id'],
    ['小红书号：500000017', 'red_id'],
    ['小红书号:liziliz_1', 'red_id'],
    ['liziliz_1', 'red_id'],
    ['lizi.88', 'red_id'],
    ['5.6E+23', 'ruined_number'],
    ['5,6E+23', 'ruined_number'],
    ['5.60000000000000E+23', 'ruined_number'],
    ['1e3', 'ruined_number'],
    ['123e45', 'ruined_number'],
    ['1.23457E+17', 'ruined_number'],
    ['560000000000000000000000', 'ruined_number'],
    ['560000000000000000000123.0', 'ruined_number'],
    ['560,000,000,000,000,000,000,123', 'ruined_number'],
    ['12345678901234567000', 'ruined_number'],
    ['1234567890123456', 'not_an_id'],
    ['7012345678901234567', 'not_an_id'],
    ['MS4wLjABAAAAexample_of-a-long-word', 'not_an_id'],
    ['138000000000 139000000001', 'not_an_id'],
    [ID.slice(1), 'wrong_length'],
    [`${ID}0`, 'wrong_length'],
    [`${ID}${NOTE}`, 'wrong_length'],
    [ID.replace('a', 'o').replace('f', 'l'), 'not_an_id'],
    [`${ID},${NOTE}`, 'several_ids'],
    [`${WEB} https://www.xiaohongshu.com/user/profile/${NOTE}`, 'several_ids'],
    ['虚构的栗子', 'not_an_id'],
    ['@lizi', 'not_an_id'],
    ['7', 'not_an_id'],
    ['=HYPERLINK("x")', 'not_an_id'],
    ['x'.repeat(5000), 'too_long'],
    [`${ID} `.repeat(10_000), 'too_long'],
  ])('%j: %s', (cell, reason) => {
    const parsed = parseId(cell)
    expect(parsed).toHaveProperty('reason', reason)
    expect('remedy' in parsed && parsed.remedy).toMatch(/^[^\n]{10,120}$/)
  })

  test('any text quickly gives an id of 24 hex digits or a reason', () => {
    const parts = fc.constantFrom(
      ID,
      NOTE,
      WEB,
      'xhsdiscover://',
      'xiaohongshu.com/',
      '/user/',
      '%2F',
      '%',
      ',',
      '0',
      'e',
      ':',
      ' ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(parts).map((all) => all.join('')),
        ),
        (cell) => {
          const parsed = parseId(cell)
          if ('id' in parsed) expect(parsed.id).toMatch(/^[0-9a-f]{24}$/)
          else expect(parsed.reason).toMatch(/^[a-z_]+$/)
        },
      ),
    )
    const started = performance.now()
    for (const part of ['a.', 'a-', '://', 'www.', '1,', 'e', '%2f', '/user/profile/', ' '])
      parseId(part.repeat(4096 / part.length))
    expect(performance.now() - started).toBeLessThan(1000)
  })
})
