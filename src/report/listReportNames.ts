import { fileNames } from '../export/exportedFile.js'

const RUN_REPORT = /^\d{8}T\d{6}Z-[0-9a-f]{4}\.html$/

/** Whether a file in `reports/` has the name of a run's report. */
export function isRunReport(file: string): boolean {
  return RUN_REPORT.test(file)
}

/**
 * The file name, without ending, of the report of each list; never that of another report. Give all lists of the folder,
 * oldest first.
 */
export function listReportNames(lists: readonly string[]): Map<string, string> {
  return fileNames(lists, (name) => name === 'latest' || /^\d{8}t\d{6}z-[0-9a-f]{4}$/.test(name))
}
