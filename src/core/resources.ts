/** What is open; released in the opposite order, whatever happens. */
export class Resources {
  private readonly releases: (() => unknown)[] = []

  add(release: () => unknown): void {
    this.releases.push(release)
  }

  /** Releases all, then throws the first error that releasing gave. */
  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const release of this.releases.splice(0).reverse()) {
      try {
        await release()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}
