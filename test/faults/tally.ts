import { expect, type TestContext } from 'vitest'
import { LONG } from './size.js'
import type { Figures, Verdict } from './trial.js'

declare module 'vitest' {
  interface TaskMeta {
    figures?: Figures
  }
}

/** The long form prints a line after each of this many trials. */
const TRIALS_A_LINE = 10

/** Sums up the trials of one test. */
export class Tally {
  private readonly figures: Figures = { trials: 0, cutOff: 0, ids: 0, calls: 0, lost: 0, paidTwice: 0, ambiguous: 0 }
  private readonly breaches: string[] = []

  constructor(private readonly task: TestContext['task']) {
    task.meta.figures = this.figures
  }

  /** @param what names the trial in messages */
  add(what: string, { figures, breaches }: Verdict): void {
    for (const key of Object.keys(figures) as (keyof Figures)[]) this.figures[key] += figures[key]
    this.breaches.push(...breaches.map((breach) => `${what}: ${breach}`))
    if (LONG && (breaches.length > 0 || this.figures.trials % TRIALS_A_LINE === 0)) this.print(what, breaches)
  }

  /** Fails the test if a promise was broken in any of its trials. */
  judge(): void {
    expect(this.breaches).toEqual([])
    expect(this.figures.trials).toBeGreaterThan(0)
  }

  private print(what: string, breaches: readonly string[]): void {
    const { trials, cutOff, lost, paidTwice, ambiguous } = this.figures
    console.log(
      `${this.task.name}: ${trials} trials, ${cutOff} runs interrupted, ${lost} lost, ${paidTwice} paid twice, ${ambiguous} ambiguous; last: ${what}`,
    )
    for (const breach of breaches) console.log(`  BROKEN ${what}: ${breach}`)
  }
}
