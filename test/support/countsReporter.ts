import type { Reporter, TestModule } from 'vitest/node'

/** Prints `N passed, N failed, N skipped` as the last line; a test file that cannot run counts as one failure. */
export class CountsReporter implements Reporter {
  private modules: readonly TestModule[] = []
  private errors = 0

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    this.modules = modules
    this.errors = errors.length
    process.once('exit', () => this.print())
  }

  private print(): void {
    const counts = { passed: 0, failed: this.errors, skipped: 0 }
    for (const module of this.modules) {
      const tests = [...module.children.allTests()]
      if (module.state() === 'failed' && !tests.some((test) => test.result().state === 'failed')) counts.failed += 1
      for (const test of tests) {
        const { state } = test.result()
        counts[state === 'pending' ? 'skipped' : state] += 1
      }
    }
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  }
}
