import { quotedText } from '../../core/duckdb.js'
import type { Pipeline } from '../../model/pipeline.js'

/**
 * A publish checks keys. Of the time series only the rows from `data_folder.checked_before` on need it: a merge lowers that
 * time to its earliest profile, in its transaction.
 */
export const checkedTime = ({ timeZone }: Pipeline): string => `
SELECT
  checked_before::VARCHAR AS time,
  CAST(checked_before AT TIME ZONE ${quotedText(timeZone)} AS DATE)::VARCHAR AS day
FROM data_folder`

/** @param since time of the earliest profile that a merge takes */
export const uncheckSince = (since: string): string => `
UPDATE data_folder SET checked_before = ${quotedText(since)} WHERE checked_before > ${quotedText(since)}::TIMESTAMPTZ`

export const uncheckAll = 'UPDATE data_folder SET checked_before = NULL WHERE checked_before IS NOT NULL'

/** All rows are checked. Those at the time of the newest are checked again, because others may join them. */
export const noteChecked = `
UPDATE data_folder SET checked_before = newest.at FROM (SELECT max(observed_at) AS at FROM creator_counters) AS newest`
