import { distance } from 'fastest-levenshtein'

/** The names that were probably meant: those that differ by a few letters or contain the typed text, the closest first. */
export function nearest(typed: string, names: readonly string[], most = 3): string[] {
  const wanted = typed.toLowerCase()
  return names
    .map((name) => ({ name, far: distance(wanted, name.toLowerCase()) - (name.includes(wanted) ? wanted.length : 0) }))
    .filter(
      ({ name, far }) =>
        far <= Math.max(1, Math.floor(wanted.length / 3)) || (wanted.length > 2 && name.includes(wanted)),
    )
    .sort((one, other) => one.far - other.far)
    .slice(0, most)
    .map(({ name }) => name)
}
