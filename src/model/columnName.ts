/** The name that a column of this path has by default: `stat.followerCount` is `stat_follower_count`. */
export function columnName(path: string): string {
  const name = path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/\W+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase()
  return /^[a-z]/.test(name) ? name : `c_${name}`
}
