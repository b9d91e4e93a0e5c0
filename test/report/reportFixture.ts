import { pipeline } from '../../pipelines/default.js'
import { quotedText } from '../../src/core/duckdb.js'
import type { Language } from '../../src/model/language.js'
import { STATUSES, type RowStatus } from '../../src/model/receipt.js'
import { listReportPage, reportPage } from '../../src/report/reportPage.js'
import type { ReportList } from '../../src/report/source.js'
import { openWorking, type WorkingDatabase } from '../load/schema/views/open.js'

export interface Member {
  readonly list?: string
  readonly id: string
  readonly status: RowStatus
  readonly reason?: string
  /** The cells of the row. */
  readonly input?: readonly string[]
}

export interface ReportFixture extends WorkingDatabase {
  /** Writes the tables of a run with these members, except the answers. */
  readonly record: (runId: string, members: readonly Member[], more?: Readonly<Record<string, string>>) => Promise<void>
  /** The page of the newest run. */
  readonly page: (lang?: Language) => Promise<string>
  /** The page of one list, with these of its own columns. */
  readonly listPage: (list: string, columns?: ReportList['columns'], lang?: Language) => Promise<string>
}

/** A working database for tests to fill, and the report of it. */
export async function openReportFixture(): Promise<ReportFixture> {
  const working = await openWorking(pipeline)
  const { connection } = working.warehouse
  await working.rows(`UPDATE data_folder SET simulated = false`)
  return {
    ...working,
    async record(runId, members, more = {}) {
      const count = (status: RowStatus) => members.filter((each) => each.status === status).length
      const at = `make_timestamptz(2026, 11, ${Number(runId.slice(6, 8))}, 18, 0, 0)`
      const run: Record<string, string> = {
        run_id: quotedText(runId),
        started_at: at,
        finished_at: at,
        status: `'done'`,
        simulated: 'false',
        host: `'api.test'`,
        version: `'1'`,
        rows_read: String(members.length),
        ...Object.fromEntries(
          STATUSES.flatMap((name) => [`rows_${name}`, `ids_${name}`].map((key) => [key, String(count(name))])),
        ),
        asked_ids: String(count('enriched')),
        calls: '7',
        billed_calls: '5',
        maybe_billed_calls: '0',
        currency: `'CNY'`,
        price: '0.15',
        money_billed: '0.75',
        money_maybe_billed: '0',
        money_saved: '0',
        ...more,
      }
      await working.rows(`DELETE FROM runs WHERE run_id = ${quotedText(runId)}`)
      await working.rows(`INSERT INTO runs (${Object.keys(run).join(', ')}) VALUES (${Object.values(run).join(', ')})`)
      for (const list of new Set(members.map(({ list = 'spring' }) => list))) {
        const rows = members.filter((each) => (each.list ?? 'spring') === list)
        await working.rows(`DELETE FROM lists WHERE list = ${quotedText(list)}`)
        await working.rows(`DELETE FROM list_members WHERE list = ${quotedText(list)}`)
        await working.rows(
          `INSERT INTO lists (list, tracked, rows, ids, rejected, last_read_at, run_id)
          VALUES (${quotedText(list)}, false, ${rows.length}, ${rows.length}, 0, ${at}, ${quotedText(runId)})`,
        )
        if (rows.length === 0) continue
        const values = rows.map(
          ({ id, status, reason, input = [] }, row) =>
            `(${quotedText(list)}, ${row + 1}, ${quotedText(JSON.stringify(input))}, ${quotedText(id)}, '${status}', ${reason === undefined ? 'NULL' : quotedText(reason)}, ${quotedText(runId)})`,
        )
        await working.rows(
          `INSERT INTO list_members (list, row_number, input, user_id, status, reason, run_id) VALUES ${values.join(', ')}`,
        )
      }
    },
    async page(lang = 'en') {
      return (await reportPage(connection, pipeline, lang)).text
    },
    listPage: (name, columns = [], lang = 'en') =>
      listReportPage(connection, pipeline, { name, columns }, 'creators', lang),
  }
}

/** Inserts invented creators into the table: `n` from 1, with `n` hundred followers. */
export async function insertCreators({ rows }: WorkingDatabase, count: number): Promise<void> {
  await rows(`INSERT INTO creators (user_id, nickname, fans, tier, ip_location, gender_label, verified_as, status, last_fetched_at, profile_url)
    SELECT printf('5f%022x', n), '达人' || n, n * 100, CASE WHEN n < 100 THEN 'nano' ELSE 'micro' END,
      CASE WHEN n % 3 = 0 THEN '广东' ELSE '浙江' END, CASE WHEN n % 2 = 0 THEN 'female' ELSE 'male' END, 'none', 'active',
      make_timestamptz(2026, 11, 20, 18, 0, 0), 'https://people.test/' || printf('5f%022x', n)
    FROM range(1, ${count + 1}) AS r(n)`)
}

/** The input of the page's script. */
export interface PageData {
  readonly ids: readonly string[]
  readonly links: string | readonly (string | null)[]
  readonly cells: Readonly<Record<string, readonly unknown[]>>
  readonly words: Readonly<Record<string, readonly string[]>>
  readonly about: readonly (string | null)[]
  readonly texts: Readonly<Record<string, string>>
}

export function dataOf(page: string): PageData {
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)![1]!) as PageData
}

/** The text that a person reads: without markup, each run of blanks as one blank. */
export function textOf(page: string): string {
  return page
    .replace(/<(script|style)\b.*?<\/\1>/gs, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
}

/** What Chinese people write in Latin letters, and names: of files, of the program, of the API and its host, of types and the zone. */
const NAMES =
  /\b(?:API|CSV|ID|Token|creators\.duckdb|creator-enrich|Just One API|api\.test|text|count|Asia\/Shanghai)\b/g

/**
 * The English words that a person reads or hears on a Chinese page, each once: without such names, codes, and what the input
 * gives. The texts of the script count, too.
 */
export function englishWordsOf(page: string): string[] {
  const data = page.includes('id="data"') ? dataOf(page) : undefined
  const attributes = [...page.matchAll(/ (?:aria-label|placeholder)="([^"]*)"/g)].map(([, text]) => text)
  const texts = Object.values(data?.texts ?? {}).map((text) => text.replaceAll(/\{\w+\}/g, ''))
  const read = textOf(page.replace(/<(code|bdi|title)\b[^>]*>.*?<\/\1>/gs, ' '))
  const text = [read, ...attributes, ...texts].join(' ').replace(/&\w+;/g, ' ').replace(NAMES, ' ')
  return [...new Set(text.match(/[A-Za-z]{2,}/g))].sort()
}
