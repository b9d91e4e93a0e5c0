import { describe, expect, test } from 'vitest'
import { decide, KNOWN, type IdFacts, type PolicyOptions } from '../../src/plan/policy.js'

/**
 * Every case with `--on-ambiguous retry`: what is known, and whether a call is unanswered; then the verdicts if that is fresh
 * and if it is stale, and both again with `--retry-failed`.
 */
const CASES = `
none       no  | due never_fetched    | due never_fetched | skipped not_failed     | skipped not_failed
none       yes | due ambiguous        | due ambiguous     | due retry_failed       | due retry_failed
profile    no  | fresh fresh          | due stale         | fresh not_failed       | fresh not_failed
profile    yes | fresh fresh          | due ambiguous     | fresh not_failed       | due retry_failed
empty      no  | known_empty empty    | due stale_empty   | due retry_failed       | due retry_failed
empty      yes | known_empty empty    | due ambiguous     | due retry_failed       | due retry_failed
failed     no  | known_failed failed  | due stale_failure | due retry_failed       | due retry_failed
failed     yes | known_failed failed  | due ambiguous     | due retry_failed       | due retry_failed
fault      no  | due failed_before    | due failed_before | due retry_failed       | due retry_failed
fault      yes | due ambiguous        | due ambiguous     | due retry_failed       | due retry_failed
ambiguous  no  | due ambiguous        | due ambiguous     | due retry_failed       | due retry_failed
ambiguous  yes | due ambiguous        | due ambiguous     | due retry_failed       | due retry_failed
doubted    no  | due useless_before   | due useless_before | due retry_failed      | due retry_failed
doubted    yes | due ambiguous        | due ambiguous     | due retry_failed       | due retry_failed
invalid    no  | invalid invalid      | invalid invalid   | due retry_failed       | due retry_failed
invalid    yes | invalid invalid      | invalid invalid   | due retry_failed       | due retry_failed`

interface Case {
  facts: IdFacts
  options: PolicyOptions
  expected: string
}

const cases = CASES.trim()
  .split('\n')
  .flatMap((line): Case[] => {
    const [head, ...verdicts] = line.split('|').map((part) => part.trim())
    const [known, unanswered] = head!.split(/ +/)
    return verdicts.flatMap((expected, index): Case[] => {
      const facts: IdFacts = {
        known: KNOWN.find((one) => one === known)!,
        fresh: index % 2 === 0,
        ambiguousUnresolved: unanswered === 'yes',
      }
      const retryFailed = index > 1
      const held = facts.ambiguousUnresolved && expected.startsWith('due') ? 'held ambiguous' : expected
      return [
        { facts, options: { retryFailed, onAmbiguous: 'retry' }, expected },
        { facts, options: { retryFailed, onAmbiguous: 'hold' }, expected: held },
      ]
    })
  })

describe('the policy', () => {
  test('the cases are complete', () => {
    const different = new Set(cases.map(({ facts, options }) => JSON.stringify([facts, options])))
    expect(different.size).toBe(KNOWN.length * 2 ** 4)
    expect(cases).toHaveLength(different.size)
  })

  test.each(cases)('$facts.known $facts.fresh $facts.ambiguousUnresolved, $options: $expected', (one) => {
    const { decision, reason } = decide(one.facts, one.options)
    expect(`${decision} ${reason}`).toBe(one.expected)
  })

  test('an id that may have been paid is never due with hold', () => {
    const held = cases.filter(({ facts, options }) => facts.ambiguousUnresolved && options.onAmbiguous === 'hold')
    expect(held.map(({ facts, options }) => decide(facts, options).decision)).not.toContain('due')
  })
})
