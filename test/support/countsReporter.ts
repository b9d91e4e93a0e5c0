import type { Reporter, TestCase, TestModule } from 'vitest/node'

/**
 * Names each skipped test with its reason, and prints `N passed, N failed, N skipped` as the last line. A test file that cannot
 * run counts as one failure. A test that a filter of the command line left out has no reason, and is only counted.
 */
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
    const skipped: string[] = []
    for (const module of this.modules) {
      const tests = [...module.children.allTests()]
      if (module.state() === 'failed' && !tests.some((test) => test.result().state === 'failed')) counts.failed += 1
      for (const test of tests) {
        const { state } = test.result()
        counts[state === 'pending' ? 'skipped' : state] += 1
        skipped.push(...skippedLine(module, test))
      }
    }
    const lines = [...skipped, `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`]
    process.stdout.write(`${lines.join('\n')}\n`)
  }
}

function skippedLine({ relativeModuleId }: TestModule, test: TestCase): string[] {
  const result = test.result()
  if (result.state !== 'skipped' || result.note === undefined) return []
  return [`skipped: ${relativeModuleId} > ${test.fullName}: ${result.note}`]
}
