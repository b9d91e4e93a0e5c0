/**
 * The name of every log message, and what it means. Alerts and searches are made of these names, so that the wording of a
 * message may change. docs/logs.md has the same table.
 */
export const LOG_EVENTS = {
  run_started: 'a run owns its data folder',
  run_ended: 'the closing line of a run: also of a killed one, and of one that could not start',
  run_cut_off: 'the last run was cut off',
  night_played: 'a night on simulated data, of those that `--nights` plays',
  phase: 'the run begins this phase',
  progress: 'counts of the fetch, every 30 s',
  config_read: 'settings come from a config file',
  config_ignored: 'the config file belongs to another user, and is not used',
  input_opened: 'how an input is read: format, encoding, id column',
  list_changed: 'what reading a list changes in the stored one',
  list_shrank: 'a list loses a fifth of its ids or more',
  planned: 'how many ids are to be fetched, and how many are known',
  call_ended: 'a call ended without a profile; with its id',
  paused: 'the API throttles or is in trouble: calls wait',
  cap_reached: 'a cap that was set parks the rest',
  cap_allows_nothing: 'a cap is below the price of one call',
  stopping: 'the run sends no more calls, and waits for those in flight',
  signal: 'a signal stops the run',
  resumed: 'what was recovered of runs that were cut off',
  staging_failed: 'calls are loaded from the journal after the fetch',
  definition_failed:
    'a function of a pipeline of your own failed for an answer; the answer is used without what the function computes',
  drift_new: 'answers differ from the definition in a way that was never seen before',
  clock_ahead: 'stored answers are dated ahead of this clock',
  clock_unconfirmed: 'the API does not show whether this clock is right',
  limits_not_kept: 'the learned limits could not be written',
  disk_may_fill: 'the disk may be too small for this run',
  answers_too_large: 'answers were too large to load',
  journal_damaged: 'a part of the journal cannot be read',
  database_damaged: 'the working database is damaged and was moved aside',
  database_rebuilt: 'the working database is rebuilt, with no call',
  database_compacted: 'the working database became smaller',
  not_compacted: 'the working database could not be compacted',
  not_compared: 'the published file cannot be compared with the rebuilt one',
  folder_included: 'rows of another data folder are in the published file',
  include_failed: 'another data folder could not be read: its rows are those of the last publish, or missing',
  file_moved_aside: 'a file stood in the way of the published one',
  export_left_out: 'an export that was requested is not written',
  report_failed: 'the report could not be written',
  raw_dropped: 'raw answers older than --keep-raw were dropped',
  raw_not_tidied: 'old raw answers could not be dropped, or small files not be merged',
  metrics_failed: 'the metrics could not be written',
  notify_failed: 'the notification was not taken',
  token_exposed: 'other users of this machine can read the token',
  root_in_folder: 'root works in a data folder of another user',
  plain_http: 'the token travels unencrypted, as was allowed',
  api_host: 'calls go to another host than the default, or through a proxy',
  simulated: 'the API is simulated',
  notify_proxy: 'the notification goes through a proxy',
  folders_closed: 'other users can no longer read the private folders',
  erasure_unfinished: 'an erasure was cut off: the same `forget` completes it, or, after `--keep-people`, the next run',
  erasure_completed: 'a run has completed an erasure by `--keep-people` that was cut off',
  people_leaving: 'people who left their last list long ago are erased, or will be',
  erasure_search: '`forget` searches the data folder',
  run_would_stop: '`plan`: a run would refuse this input',
  nothing_published: '`plan`: only `raw/` is there',
  file_written: '`select` wrote a file',
  nothing_matches: 'no row matches what `select` asks for',
  hint: 'what to do next',
  simulator_started: 'the simulated API listens',
  log_lost: 'lines that could not be written to the log file',
  log_not_rotated: 'the log file is large and could not be renamed',
  worker_started: 'a worker takes batches of a fleet',
  worker_ended: 'how a worker ended',
  worker_waits: 'a worker takes no batch: its account or the fleet is stopped, or the budget of the day is spent',
  lease_lost: 'a worker was silent for too long, and others have its batches',
  database_away: 'the database of the fleet cannot be used: nothing is sent',
  database_back: 'the database of the fleet can be used again',
  worker_clock: 'the clock of this worker differs from that of the database, which is used',
  spool_shipped: 'answers that were kept while the database was away are in it now',
  spool_foreign: 'kept answers belong to another database',
  queued: 'ids were put into the queue of a fleet',
  collected: 'answers of a fleet are in the journal of this folder',
  partition_kept: 'the rows of a collected queue could not be dropped yet',
  error: 'why the command failed',
  stack: 'where it failed in the code',
  note: 'anything else',
} as const

export type LogEvent = keyof typeof LOG_EVENTS

/** States to which the user has agreed, or that the user asked for: as warnings they need no look. */
export const CONSENTED: readonly LogEvent[] = ['plain_http', 'cap_reached', 'signal']

export type LogValue =
  string | number | boolean | null | readonly LogValue[] | { readonly [name: string]: LogValue | undefined }

/** What a log record holds besides its message. */
export type LogFields = Readonly<Record<string, LogValue | undefined>>
