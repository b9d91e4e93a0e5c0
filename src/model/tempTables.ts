import { tempTable } from '../core/tempTable.js'

/**
 * The TEMP tables by which the stages of a run hand rows on, over one connection. They are declared here because `plan`,
 * which stands below `load`, reads and fills some of them too.
 */

/** The input rows of this run. Filled while inputs are read (`load/members.ts`), read by plan and settle. */
export const MEMBERS = tempTable('members', {
  list: 'VARCHAR',
  /** Number of the data row in its input, from 1. */
  row_number: 'BIGINT',
  line: 'BIGINT',
  /** JSON array of the cells. */
  input: 'VARCHAR',
  /** The cell in which the id was looked for. */
  cell: 'VARCHAR',
  /** NULL for a row without a usable id, which has a reason and a remedy instead. */
  user_id: 'VARCHAR',
  reason: 'VARCHAR',
  remedy: 'VARCHAR',
  /** What a resolver may find the id by; NULL for a row that has none. */
  resolve_kind: 'VARCHAR',
  resolve_input: 'VARCHAR',
  /** Of a row without an id: `failed` or `parked`, where its input was to be resolved and was not; NULL is `rejected`. */
  status: 'VARCHAR',
})

/** What is known of inputs in `members` that a resolver takes. Filled and read by `load/resolvedIds.ts`. */
export const RESOLVED = tempTable('resolved_now', {
  kind: 'VARCHAR',
  input: 'VARCHAR',
  user_id: 'VARCHAR',
  /** Without an id: why. */
  reason: 'VARCHAR',
  remedy: 'VARCHAR',
  /** As in `members`. */
  status: 'VARCHAR',
})

/** One row for each distinct id of `members`. Filled by plan; fetch takes the due ids from it, settle the decisions. */
export const PLANNED = tempTable('planned', {
  user_id: 'VARCHAR',
  /** A `Decision`. */
  decision: 'VARCHAR',
  /** A `PlanReason`, but for `known_failed` the code of the last attempt, and for a missing id the pipeline's word. */
  reason: 'VARCHAR',
  /** Decision and reason if the clocks cannot be compared; NULL unless an id is due only because its answer is dated ahead. */
  unjudged_decision: 'VARCHAR',
  unjudged_reason: 'VARCHAR',
  /** The last conclusive answer: `profile`, `empty` or NULL. */
  last_answer: 'VARCHAR',
  /** Whether it shows first whether the upstream works again. */
  canary: 'BOOLEAN',
  /** Place in the plan, from 1, due ids first. The rows lie in this order. */
  ord: 'BIGINT',
})

/**
 * How the calls for each id ended, for each run that was loaded over this connection. Filled by merge, read by settle; kept
 * until the connection closes.
 */
export const RUN_ENDS = tempTable('run_ends', {
  run_id: 'VARCHAR',
  user_id: 'VARCHAR',
  /** The outcome of the last call. */
  outcome: 'VARCHAR',
  code: 'VARCHAR',
})

/**
 * The calls of each id and day (`YYYY-MM-DD`), of the runs that the last merge took and whose spending no receipt has. Filled
 * by merge, read when the spending is split by list.
 */
export const ID_CALLS = tempTable('id_calls', {
  run_id: 'VARCHAR',
  /** Or the input of a resolver. */
  user_id: 'VARCHAR',
  day: 'VARCHAR',
  /** NULL: that of the profiles. */
  endpoint: 'VARCHAR',
  /** NULL: that of the run. */
  price: 'DOUBLE',
  calls: 'BIGINT',
  billed: 'BIGINT',
  maybe_billed: 'BIGINT',
})

/** Runs whose receipt, of an older version, does not have their spending. Filled by a rebuild, read by merge. */
export const UNSPLIT_RUNS = tempTable('unsplit_runs', { run_id: 'VARCHAR' })

/** Ids whose calls had begun when the run stopped, without a conclusion. Filled and read by settle. */
export const UNFINISHED = tempTable('unfinished', { user_id: 'VARCHAR' })

/** The lists of this run: settle replaces their rows. Filled and read by settle. */
export const SETTLED_LISTS = tempTable('settled_lists', {
  list: 'VARCHAR',
  source: 'VARCHAR',
  /** JSON array of the header. */
  columns: 'VARCHAR',
  id_column: 'VARCHAR',
  track: 'BOOLEAN',
})

/** Ids that lists of this run had and lose, each with one of these lists. Filled by settle, read once the run is recorded. */
export const DEPARTED = tempTable('departed', { user_id: 'VARCHAR', list: 'VARCHAR' })

/** The status of each planned id in this run, and its reason. Filled and read by settle. */
export const SETTLED = tempTable('settled', { user_id: 'VARCHAR', status: 'VARCHAR', reason: 'VARCHAR' })
