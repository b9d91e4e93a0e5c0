import { twins } from '../../model/language.js'

/** What surrounds the sections. */
export const pageText = twins(
  {
    code: 'en',
    title: 'Creator report',
    aboutRun: (pipeline: string, time: string, zone: string) => `${pipeline} · run of ${time} (${zone})`,
    aboutList: (time: string, zone: string) => `Creator report · as of ${time} (${zone})`,
    names: {
      summary: 'Summary',
      growth: 'Followers over time',
      lists: 'Lists',
      people: 'Who they are',
      movers: 'Top movers',
      changes: 'What changed',
      creators: 'Creators',
      operator: 'For the operator',
    },
    run: (run: string) => `Run ${run}, from creators.duckdb.`,
    foot: (zone: string) =>
      `Days and times are in ${zone}. Profiles are personal data: keep this file where only those who need it can read it.`,
    skip: 'Skip to the table of creators',
    sections: 'Sections',
    simulatedTitle: (title: string) => `SIMULATED · ${title}`,
    simulated: 'SIMULATED DATA.',
    invented: 'Every person here is invented.',
  },
  {
    code: 'zh-CN',
    title: '达人报告',
    aboutRun: (pipeline, time, zone) => `${pipeline} · 运行时间 ${time}（${zone}）`,
    aboutList: (time, zone) => `达人报告 · 数据截至 ${time}（${zone}）`,
    names: {
      summary: '概览',
      growth: '粉丝走势',
      lists: '名单对比',
      people: '达人画像',
      movers: '涨跌榜',
      changes: '资料变更',
      creators: '达人列表',
      operator: '运行情况',
    },
    run: (run) => `本次运行 ${run}，数据来自 creators.duckdb。`,
    foot: (zone) => `日期和时间均为 ${zone} 时区。达人资料属于个人信息，请仅向有需要的人开放本文件。`,
    skip: '跳到达人列表',
    sections: '章节',
    simulatedTitle: (title) => `模拟数据 · ${title}`,
    simulated: '模拟数据。',
    invented: '这里的人物均为虚构。',
  },
)
