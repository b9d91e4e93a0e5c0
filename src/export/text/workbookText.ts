import { NO_WORDS, twins, type ColumnWord } from '../../model/language.js'
import { rowStatusText } from './statusText.js'

const ROW_STATUS: Readonly<Record<'enrich_status' | 'enrich_reason' | 'as_of', ColumnWord>> = {
  enrich_status: [
    'enrich_status',
    "The row's outcome in the last run of the list: enriched, reused, empty, failed, rejected or parked.",
  ],
  enrich_reason: ['enrich_reason', 'The reason of that outcome, such as a code.'],
  as_of: ['as_of', 'The day of the profile in this row.'],
}

/** What surrounds the columns of workbooks. */
export const workbookText = twins(
  {
    sheets: {
      overview: 'overview',
      all: 'all',
      list: 'list',
      creators: 'creators',
      people: 'people',
      dictionary: 'dictionary',
    },
    /** Before a title that the list has, too. */
    prefix: 'enriched_',
    rowStatus: ROW_STATUS,
    yourColumn: 'Your column, as in the input.',
    computed: 'computed',
    ofList: 'the list',
    ofRun: 'the run',
    column: 'column',
    meaning: 'meaning',
    source: 'source',
    unit: 'unit',
    sheet: 'sheet',
    /** The name in tables and CSV files; empty where the title is the name. */
    name: '',
    years: 'years',
    number: 'number',
    count: 'count',
    text: 'text',
    ratio: 'ratio',
    flag: 'TRUE or FALSE',
    day: (timeZone: string) => `day (${timeZone})`,
    time: 'time (UTC)',
    /** Of what became of a row. */
    rowStatuses: NO_WORDS,
    /** Of the column `region_kind`. */
    regionKinds: NO_WORDS,
  },
  {
    sheets: {
      overview: '概览',
      all: '全部字段',
      list: '名单',
      creators: '达人',
      people: '被提到的用户',
      dictionary: '字段说明',
    },
    prefix: '补全_',
    rowStatus: {
      enrich_status: ['补全状态', '该行在名单最近一次运行中的结果：已补全、沿用、无资料、失败、无效或待抓取。'],
      enrich_reason: ['原因', '该结果的原因，如返回码。'],
      as_of: ['数据日期', '本行资料的日期。'],
    },
    yourColumn: '名单自带的列，与输入一致。',
    computed: '计算得出',
    ofList: '名单',
    ofRun: '运行',
    column: '列名',
    meaning: '含义',
    source: '来源',
    unit: '单位',
    sheet: '工作表',
    name: '字段名（表和 CSV）',
    years: '岁',
    number: '数字',
    count: '个数',
    text: '文本',
    ratio: '比率',
    flag: 'TRUE 或 FALSE',
    day: (timeZone) => `日期（${timeZone}）`,
    time: '时间（UTC）',
    rowStatuses: rowStatusText.zh,
    regionKinds: { province: '省份', country: '国家' },
  },
)
