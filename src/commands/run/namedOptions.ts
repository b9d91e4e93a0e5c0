import type { Given } from '../../config/settings.js'

/** The options of `run` by name. Made from src/config/options.ts: `npx vitest run test/config --update`. */
export interface NamedOptions {
  /** the data folder (default: data) */
  readonly data?: Given<'data'> | undefined
  /** the file with settings (default: creator-enrich.json in the data folder, if there is one) */
  readonly config?: Given<'config'> | undefined
  /** the pipeline: its name, or the path of one of your own, such as ./bilibili (default: that of the data folder, before its first run pipelines/default) */
  readonly pipeline?: Given<'pipeline'> | undefined
  /** global, cn (plain HTTP, inside mainland China), simulated, or a URL (default: global) */
  readonly api?: Given<'api'> | undefined
  /** with --api simulated, in a new data folder: play so many nights, the last one today, so that there is a history (default: 1) */
  readonly nights?: Given<'nights'> | undefined
  /** let the token travel unencrypted to a host other than this machine */
  readonly allowPlainHttp?: Given<'allowPlainHttp'> | undefined
  /** read the token from a file (otherwise from JUSTONEAPI_TOKEN) */
  readonly tokenFile?: Given<'tokenFile'> | undefined
  /** the column that holds the ids */
  readonly column?: Given<'column'> | undefined
  /** encoding of text inputs: auto, utf-8, gb18030 (also GBK) or utf-16le (default: auto) */
  readonly encoding?: Given<'encoding'> | undefined
  /** the character between the columns of text inputs, such as ; or tab (default: detected) */
  readonly delimiter?: Given<'delimiter'> | undefined
  /** the sheet of Excel inputs (default: the first visible one with ids) */
  readonly sheet?: Given<'sheet'> | undefined
  /** name of the list (default: the file's name) */
  readonly list?: Given<'list'> | undefined
  /** refresh these lists with `run --tracked` from now on, until `untrack` */
  readonly track?: Given<'track'> | undefined
  /** take no input: refresh every id of every tracked list, from its stored rows */
  readonly tracked?: Given<'tracked'> | undefined
  /** let a tracked list lose more than half of its ids */
  readonly replace?: Given<'replace'> | undefined
  /** fetch a profile again when the run that last fetched it started longer ago than this; by-tier: than --max-age-by-tier says (default: 20h) */
  readonly maxAge?: Given<'maxAge'> | undefined
  /** the age of each tier for --max-age by-tier, such as mega=20h,mid=3d,nano=7d; other tiers: 20h */
  readonly maxAgeByTier?: Given<'maxAgeByTier'> | undefined
  /** under a cap: which of the equally overdue ids go first, by a column of table creators (default: more followers first) */
  readonly first?: Given<'first'> | undefined
  /** fetch only the ids that failed, are empty or were refused as invalid, whatever their age */
  readonly retryFailed?: Given<'retryFailed'> | undefined
  /** ask the API, for money, whose id short links and names in place of an id lead to, each once; misses: also those that led to nobody */
  readonly resolve?: Given<'resolve'> | undefined
  /** after a call that was sent and never answered: fetch the id once more, or hold it (default: retry) */
  readonly onAmbiguous?: Given<'onAmbiguous'> | undefined
  /** most calls in flight (default: 16) */
  readonly concurrency?: Given<'concurrency'> | undefined
  /** most calls a second (default: no limit) */
  readonly rate?: Given<'rate'> | undefined
  /** longest time of one call; a short timeout risks paying twice (default: 120s) */
  readonly timeout?: Given<'timeout'> | undefined
  /** most attempts for an id in one run; throttled calls do not count (default: 5) */
  readonly attempts?: Given<'attempts'> | undefined
  /** stop when the API has returned only faults or throttling for this long (default: 10m) */
  readonly giveUp?: Given<'giveUp'> | undefined
  /** most calls in this run, retries included; the remaining ids are parked */
  readonly maxCalls?: Given<'maxCalls'> | undefined
  /** most money in this run: billed, maybe billed and in flight; the remaining ids are parked */
  readonly budget?: Given<'budget'> | undefined
  /** the same for all runs of the data folder on one day of the pipeline's time zone; a call counts for the day in which it is sent */
  readonly budgetPerDay?: Given<'budgetPerDay'> | undefined
  /** price of one billed call (default: that of the pipeline) */
  readonly price?: Given<'price'> | undefined
  /** a run that names no cap and would cost more needs --yes; `--tracked` only beyond twice the last full night (default: 1000) */
  readonly confirmAbove?: Given<'confirmAbove'> | undefined
  /** let this run cost more than --confirm-above */
  readonly yes?: Given<'yes'> | undefined
  /** exit 3 when a larger share of the fetched ids failed, and at least so many (5% alone: 5%,5), or all of them (default: 5%,5) */
  readonly maxFailed?: Given<'maxFailed'> | undefined
  /** exit 3 when a cap parks a larger share of the ids that were due (default: a cap is exit 0) */
  readonly alarmParked?: Given<'alarmParked'> | undefined
  /** after a successful run, drop raw answers of runs that started longer ago than this; raw/base/ keeps what was read from them (default: keep all) */
  readonly keepRaw?: Given<'keepRaw'> | undefined
  /** at the end of a successful run, drop older counters, days, versions, changes and failures; the last ones of each creator before that stay (default: keep all) */
  readonly keepHistory?: Given<'keepHistory'> | undefined
  /** erase people who left their last list longer ago than this, after a run that ends with 0 or 3 and in which no list lost ids (default: nobody is erased) */
  readonly keepPeople?: Given<'keepPeople'> | undefined
  /** publish the newest rows of another data folder in this one, too, from now on, until --no-include */
  readonly include?: Given<'include'> | undefined
  /** publish this data folder alone again */
  readonly noInclude?: Given<'noInclude'> | undefined
  /** write CSV files without a byte order mark */
  readonly noBom?: Given<'noBom'> | undefined
  /** also write exports/creators.xlsx and <list>.enriched.xlsx; existing ones are updated in any case */
  readonly excel?: Given<'excel'> | undefined
  /** write no HTML report */
  readonly noReport?: Given<'noReport'> | undefined
  /** reports to keep under reports/, the newest; older ones are removed (default: 10) */
  readonly keepReports?: Given<'keepReports'> | undefined
  /** language of the report, of workbooks and of the remedies in exports: en, or zh for Chinese (default: en) */
  readonly lang?: Given<'lang'> | undefined
  /** post the receipt to this address at the end: as JSON, or as text to a bot of Slack, Feishu or DingTalk */
  readonly notify?: Given<'notify'> | undefined
  /** post after every run, or only when the exit code is not 0, or data or money need a look (default: always) */
  readonly notifyOn?: Given<'notifyOn'> | undefined
  /** start from nothing, or go on, although paid calls are known whose raw data is gone */
  readonly new?: Given<'new'> | undefined
  /** memory that DuckDB may use (default: a quarter of the machine's, from 512MB to 1GB, at most half of what is free) */
  readonly memory?: Given<'memory'> | undefined
  /** threads that DuckDB may use (default: as many as the machine has processors, at most 8) */
  readonly threads?: Given<'threads'> | undefined
}
