/** A line for people whose last tracked list is gone; empty while there is another one. */
export function noneTracked(trackedLists: number): string {
  return trackedLists > 0
    ? ''
    : 'no list is tracked now: `run --tracked` ends with exit 2, so stop its timer or track a list\n'
}
