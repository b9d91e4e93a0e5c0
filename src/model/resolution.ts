import type { CallOutcome } from './outcome.js'
import type { Pipeline } from './pipeline.js'
import type { Resolvable } from './resolver.js'

/** The id that a resolver found, by the outcome of its call; undefined if it found none. */
export function resolvedId({ kind, value }: Pick<CallOutcome, 'kind' | 'value'>): string | undefined {
  return kind === 'profile' ? (value as { readonly id: string }).id : undefined
}

/** In place of the `data` of a resolver's answer that found a forgotten person; and why it then leads to nobody. */
export const FORGOTTEN_PERSON = { data: '[forgotten]', reason: 'forgotten' } as const

/** Why a resolver's answer leads to nobody, in one word; undefined if the call brought no such answer. */
export function missReason({
  kind,
  code,
  message,
}: Pick<CallOutcome, 'kind' | 'code' | 'message'>): string | undefined {
  if (kind === 'invalid') return 'invalid'
  if (kind !== 'empty') return undefined
  // Any other code than that of success comes with the vendor's words.
  return code === '0' ? message : 'not_found'
}

/** The price of asking for each of these inputs once. */
export function priceOfInputs(
  { resolvers = [] }: Pick<Pipeline, 'resolvers'>,
  inputs: readonly Pick<Resolvable, 'kind'>[],
): number {
  const prices = new Map(resolvers.map(({ kind, price }) => [kind, price]))
  return inputs.reduce((sum, { kind }) => sum + (prices.get(kind) ?? 0), 0)
}
