import type { Reporter, TestCase, TestModule } from 'vitest/node'
import type { Figures } from './trial.js'

const COLUMNS: readonly (readonly [keyof Figures, string])[] = [
  ['trials', 'trials'],
  ['cutOff', 'interrupted'],
  ['ids', 'ids'],
  ['calls', 'calls'],
  ['lost', 'lost'],
  ['paidTwice', 'paid twice'],
  ['ambiguous', 'ambiguous'],
]
const NAME = 66
const NUMBER = 12

/** Prints the figures of all trials: a line for each scenario, and the sums. */
export class FiguresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const lines = tests.flatMap((test) => {
      const { figures } = test.meta()
      return figures ? [line(nameOf(test), figures)] : []
    })
    const head = COLUMNS.map(([, title]) => title.padStart(NUMBER)).join('')
    process.stdout.write(`\n${['scenario'.padEnd(NAME) + head, ...lines, line('all', sum(tests))].join('\n')}\n\n`)
  }
}

function nameOf(test: TestCase): string {
  return `${test.result().state === 'failed' ? 'BROKEN ' : ''}${test.fullName}`
}

function line(name: string, figures: Figures): string {
  const short = name.length < NAME ? name : `${name.slice(0, NAME - 2)}…`
  return short.padEnd(NAME) + COLUMNS.map(([key]) => figures[key].toLocaleString('en-US').padStart(NUMBER)).join('')
}

function sum(tests: readonly TestCase[]): Figures {
  const total: Figures = { trials: 0, cutOff: 0, ids: 0, calls: 0, lost: 0, paidTwice: 0, ambiguous: 0 }
  for (const test of tests) {
    const { figures } = test.meta()
    if (figures) for (const [key] of COLUMNS) total[key] += figures[key]
  }
  return total
}
