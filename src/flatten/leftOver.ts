/** What no column holds, nested as it came. Objects without a prototype, so that `__proto__` is a key like any other. */
export class UnmappedFields {
  private root: Record<PropertyKey, unknown> | undefined

  /** Undefined while there is none. */
  get value(): unknown {
    return this.root
  }

  put(path: readonly PropertyKey[], raw: unknown): void {
    this.root ??= emptyObject()
    let parent = this.root
    for (const key of path.slice(0, -1)) {
      parent[key] ??= emptyObject()
      parent = parent[key] as Record<PropertyKey, unknown>
    }
    parent[path.at(-1)!] = raw
  }
}

function emptyObject(): Record<PropertyKey, unknown> {
  return Object.create(null) as Record<PropertyKey, unknown>
}
