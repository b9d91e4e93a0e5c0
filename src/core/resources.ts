/** Open resources. They are released in the opposite order, even if a release fails. */
export class Resources {
  private readonly releases: (() => unknown)[] = []

  add(release: () => unknown): void {
    this.releases.push(release)
  }

  /** Releases all, then throws the first error of a release. */
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
