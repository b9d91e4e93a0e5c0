import { access } from 'node:fs/promises'
import { UsageError } from '../core/errors.js'
import type { ColumnWords, Language, Words } from './language.js'
import type { RequestSpec } from './requestSpec.js'
import type { Resolvable, Resolver } from './resolver.js'
import type { CodeTable, Vendor } from './vendor.js'

/**
 * What a pipeline declares about one upstream endpoint. The code under `src/` uses only this contract. It does not know an
 * endpoint, a field or a site by name.
 */
export interface Pipeline {
  /** Folder name under `pipelines/`. */
  readonly name: string
  /** Raised whenever a column's meaning, kind or path changes. */
  readonly version: number
  readonly title: string
  /** Names its table in the file of a folder that includes it: `market` gives `market_creators`. Absent: no folder can include it. */
  readonly shortName?: string
  /** The service that answers the calls. */
  readonly vendor: Vendor
  /** Price of one billed call, in the vendor's currency. `--price` goes first. */
  readonly price: number
  /** Codes that mean something else at this endpoint than at the vendor's others. */
  readonly codes?: CodeTable
  /** Why an id is `empty` whose calls ended as `missing`, in one word, such as `not_in_marketplace`. */
  readonly missingReason?: string
  /** IANA time zone of days, for views and for the upstream's daily quota. */
  readonly timeZone: string
  /** Names of id columns in inputs, lower case, the most certain name first. */
  readonly idColumns: readonly string[]
  /** Those of them that files also give to other things, such as posts. Another column with ids of other people contradicts them. */
  readonly genericIdColumns: readonly string[]
  /** Found in names, lower case, of columns whose ids are of something else, such as posts. Only `--column` reads ids from these. */
  readonly otherIdColumns?: RegExp
  parseId(cell: string): ParsedId
  /** The call for one id, without host and token. */
  request(id: string): RequestSpec
  /** Endpoints that find the id of a cell that `parseId` calls resolvable, one for each kind. Absent: there are none. */
  readonly resolvers?: readonly Resolver[]
  profile(data: unknown, requestedId: string): Profile
  readonly columns: Readonly<Record<string, Column>>
  /** Its words in other languages than English, for people. */
  readonly words?: Readonly<Partial<Record<Language, PipelineWords>>>
  /** Columns without a role that people look for as much: the report's table of creators has them, and so has a folder that includes this one. */
  readonly reportColumns?: readonly string[]
  /** The values of the column with the role `tier`, the smallest tier first; absent: there is no such column. */
  readonly tiers?: readonly string[]
  /** Absent: the views do not tell provinces from countries. */
  readonly regions?: Regions
  /** How old a profile of a tier may get under `--max-age by-tier`, milliseconds; other tiers have the default. Settings go first. */
  readonly maxAgeByTier?: Readonly<Record<string, number>>
  readonly children: readonly ChildTable[]
  readonly mentions?: Mentions
  /** Cross-checks one flattened row and its profile. */
  check(row: Row, profile: Readonly<Record<string, unknown>>): readonly Anomaly[]
  /** Imported only if the API is simulated. */
  simulatedAnswers(): Promise<SimulatedAnswers>
}

/** What has no word is shown as it is, or by the report's own word. */
export interface PipelineWords {
  readonly title?: string
  /** Names of columns of `creator_overview`. */
  readonly labels?: Words
  /** Titles and meanings of the pipeline's columns. */
  readonly columns?: ColumnWords
  /** Names of values, by column of `creator_overview`. */
  readonly values?: Readonly<Record<string, Words>>
  /** How to correct a cell, by the reason that `parseId` gives. */
  readonly remedies?: Words
  /** Names of the kinds of anomalies that `check` finds. */
  readonly anomalies?: Words
}

/**
 * One column. It has either a source `path` or a `derive` function.
 * Paths are relative to the profile object (for a child table: to the list item):
 * `fans`, `red_club_info.red_club_level`, and `interactions[type=fans].count` for the item of a list
 * whose key has that value.
 */
export interface Column<T extends ColumnType = ColumnType> {
  readonly type: T
  readonly kind: ColumnKind
  readonly path?: string
  /** `lists`: the rows of each child table, by its name. */
  readonly derive?: (row: Row, lists: Record<string, readonly Row[]>) => ValueOf[T] | null
  readonly role?: Role
  /** Only of a counter of type `count`: it may fall below 0, as a growth may. Others are NULL there, and an anomaly. */
  readonly signed?: true
  /**
   * With type `list`: the JSON text holds an `object` of unknown shape, or `any` value, not a list. With type `text`: answers
   * also have numbers and flags there (`scalar`), which are kept as text.
   */
  readonly holds?: 'object' | 'any' | 'scalar'
  readonly description: string
}

/**
 * How a column is treated in history:
 * `identity` never changes; `attribute` makes a new version when it changes; `counter` (type `count` or `ratio`) makes a time series; `volatile` is
 * kept in the wide row only (signed URLs, share tokens, the viewing account's relation to the creator); `derived` is
 * computed from other columns.
 */
export type ColumnKind = 'identity' | 'attribute' | 'counter' | 'volatile' | 'derived'

/** `text` VARCHAR, `count` BIGINT, `ratio` DOUBLE, `flag` BOOLEAN, `list` VARCHAR holding JSON text. */
export type ColumnType = 'text' | 'count' | 'ratio' | 'flag' | 'list'

export type Value = string | bigint | number | boolean | null
export interface ValueOf {
  text: string
  count: bigint
  ratio: number
  flag: boolean
  list: string
}

/**
 * The meanings of columns that views, tiers, selection and the report use. `gender` is a word, `unknown` if it is not known;
 * `verification` is a word, `none` for an account that is not verified.
 */
export type Role =
  | 'id'
  | 'displayName'
  | 'profileUrl'
  | 'bio'
  | 'followers'
  | 'engagement'
  | 'posts'
  | 'tier'
  | 'gender'
  | 'age'
  | 'region'
  | 'verification'
  /** In a child table: a label that the creator bears. */
  | 'tag'

export type Row = Record<string, Value>

/** A list of the profile as rows. Their key is the profile's id and `position` (0-based, in upstream order). */
export interface ChildTable {
  readonly name: string
  /** Path of the list in the profile. A `list` column with the same path keeps the list's JSON text. */
  readonly path: string
  readonly description: string
  /** Columns of one item. Versions compare only the identity and attribute columns of a list. */
  readonly columns: Readonly<Record<string, Column>>
}

/** Where a profile mentions other users: a child table, its column with their ids, and its column with their names, if any. */
export interface Mentions {
  readonly table: string
  readonly id: string
  readonly displayName?: string
  /** Regular expression for the whole of an id. A mention with another id leads to nobody. */
  readonly idPattern: string
}

/** What the column with the role `region` holds: a province, a word for an unknown place, or else a country. */
export interface Regions {
  /** The name of each province, and its other names, in any case of letters. */
  readonly provinces: Readonly<Record<string, readonly string[]>>
  readonly unknown: readonly string[]
}

/**
 * What one input cell holds: an id, or the reason why it is not an id and what to do about it. The reason of a cell without
 * content is `empty`. `resolve`: what a resolver could find the id by.
 */
export type ParsedId = { readonly id: string } | RejectedId

export interface RejectedId {
  readonly reason: string
  readonly remedy: string
  readonly resolve?: Resolvable
}

/** What the `data` of a successful answer holds for the requested id. */
export type Profile =
  | { readonly kind: 'profile'; readonly value: Readonly<Record<string, unknown>> }
  /** `reason`: why, in one word, where the endpoint says it. */
  | { readonly kind: 'empty'; readonly reason?: string }
  | { readonly kind: 'misdelivered'; readonly id: string }
  /** Something that cannot be read as a profile; `found` says in a few words what it is, without any value. */
  | { readonly kind: 'unreadable'; readonly found: string }
  /** The upstream reports a failure inside `data`: it means the same as this kind of code. `code` names it: `ok 0`. */
  | { readonly kind: 'invalid' | 'missing' | 'refused' | 'retry'; readonly code: string; readonly message?: string }

/** Answers for the simulator. All people are invented. The same id and night give the same answer. */
export interface SimulatedAnswers {
  /** `data` of a code-0 answer on that night (0, 1, 2 …). Counters grow from night to night, and some names change. */
  data(id: string, night: number): unknown
  /** The code in place of a success, for ids that the endpoint does not have. */
  code?(id: string, night: number): number | undefined
}

/** One profile, flattened. Arrays are aligned with the order of the definition. */
export interface Flattened {
  /** One value per `Pipeline.columns` entry, in its order. */
  readonly values: readonly Value[]
  /**
   * One value per attribute column, in the order of `attributeColumns`. Versions compare and keep these values. They are as
   * in `values`, except that lists are in their stable form (sorted, identity and attribute fields only), and empty text
   * and empty lists are NULL. An upstream writes "nothing" as "", [], null or a missing key; a switch between them is not a
   * change.
   */
  readonly attributes: readonly Value[]
  /** Hash of `attributes` by column name, in hex. NULLs are left out. */
  readonly hash: string
  /** Per child table (in the order of `Pipeline.children`): rows of values, one per item; `position` is the index. */
  readonly children: readonly (readonly (readonly Value[])[])[]
  /** JSON text of unknown keys and of values that no column can read, nested as received; null if there are none. */
  readonly extra: string | null
  readonly anomalies: readonly Anomaly[]
  readonly drift: readonly Drift[]
}

/** Something that looks wrong in an answer that is still used. */
export interface Anomaly {
  /** Short snake_case word, e.g. `counts_disagree`. */
  readonly kind: string
  readonly column: string | null
  readonly detail: string
}

/** A place where an answer differs from the definition. */
export interface Drift {
  readonly path: string
  readonly kind: 'unknown_key' | 'missing_key' | 'wrong_type'
  readonly expected: string | null
  readonly found: string | null
}

/** The pipeline's attribute columns, in definition order: the columns of `creator_versions`. */
export function attributeColumns(pipeline: Pipeline): [name: string, column: Column][] {
  return Object.entries(pipeline.columns).filter(([, column]) => column.kind === 'attribute')
}

/** Whether the values of a column count people or what people did: never below 0, nor beyond all people. */
export function isTally({ kind, type, signed }: Pick<Column, 'kind' | 'type' | 'signed'>): boolean {
  return kind === 'counter' && type === 'count' && signed !== true
}

/** The columns of `creator_counters`, in definition order: the counters, and the derived columns with a role of the series. */
export function seriesColumns(pipeline: Pipeline): [name: string, column: Column][] {
  return Object.entries(pipeline.columns).filter(
    ([, { kind, role }]) => kind === 'counter' || (kind === 'derived' && SERIES_ROLES.includes(role)),
  )
}

/** The roles whose derived columns are in the time series. */
const SERIES_ROLES: readonly (Role | undefined)[] = ['followers', 'engagement', 'posts', 'tier']

/** What the codes mean at this endpoint. */
export function codesOf({ vendor, codes }: Pick<Pipeline, 'vendor' | 'codes'>): CodeTable {
  return { ...vendor.codes, ...codes }
}

/**
 * The request of a call, without host and token.
 * @throws Error if the pipeline has no such endpoint
 */
export function requestOf(
  { request, resolvers }: Pick<Pipeline, 'request' | 'resolvers'>,
  { id, endpoint }: { readonly id: string; readonly endpoint?: string | undefined },
): RequestSpec {
  if (endpoint === undefined) return request(id)
  const resolver = resolvers?.find((each) => each.endpoint === endpoint)
  if (!resolver) throw new Error(`the pipeline has no endpoint ${endpoint}`)
  return resolver.request(id)
}

/** The column that has a role, or undefined if this pipeline has none. */
export function columnOf(pipeline: Pick<Pipeline, 'columns'>, role: Role): string | undefined {
  return Object.entries(pipeline.columns).find(([, column]) => column.role === role)?.[0]
}

/**
 * Imports the pipeline of a folder under `pipelines/`; without a name, the one that `pipelines/default` exports.
 * @throws UsageError if there is no such folder
 */
export async function loadPipeline(name: string | undefined): Promise<Pipeline> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const path = name === undefined ? `default.${extension}` : `${encodeURIComponent(name)}/definition.${extension}`
  const url = new URL(`../../pipelines/${path}`, import.meta.url)
  try {
    await access(url)
  } catch {
    throw new UsageError(`--pipeline ${name ?? ''}: pipelines/${path} does not exist; name a folder of pipelines/`)
  }
  const { pipeline } = (await import(url.href)) as { pipeline: Pipeline }
  return pipeline
}
