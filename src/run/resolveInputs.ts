import type { Connection } from '../core/duckdb.js'
import { applyResolved, type ResolvedInput, type UnresolvedInput } from '../load/resolvedIds.js'
import type { Outcome } from '../model/outcome.js'
import { parkReasonOf, type ResolvedReceipt } from '../model/receipt.js'
import { missReason, resolvedId } from '../model/resolution.js'
import type { Resolver } from '../model/resolver.js'
import type { CallSession } from './callSession.js'

/**
 * Asks the API whose id each of these inputs leads to, one endpoint after the other, and gives the rows of the TEMP table
 * `members` what became of theirs. When the run stops, or an endpoint is given up, the inputs that are left are parked.
 * @throws LocalError if a call could not be made durable; sending has stopped
 */
export async function resolveInputs(
  session: CallSession,
  connection: Connection,
  resolvers: readonly Resolver[],
  inputs: readonly UnresolvedInput[],
): Promise<Omit<ResolvedReceipt, 'held'>> {
  const resolved: ResolvedInput[] = []
  for (const resolver of resolvers) {
    const own = inputs.filter(({ kind }) => kind === resolver.kind)
    if (own.length > 0) resolved.push(...(await resolveBy(session, resolver, own)))
  }
  await applyResolved(connection, resolvers, resolved)
  const { moneyBilled, moneyMaybeBilled } = session.tally
  const withStatus = (status: 'failed' | 'parked' | undefined): number =>
    resolved.filter((each) => !('id' in each) && each.status === status).length
  return {
    inputs: resolved.length,
    found: resolved.filter((each) => 'id' in each).length,
    not_found: withStatus(undefined),
    failed: withStatus('failed'),
    parked: withStatus('parked'),
    money_billed: rounded(moneyBilled),
    money_maybe_billed: rounded(moneyMaybeBilled),
  }
}

async function resolveBy(
  session: CallSession,
  resolver: Resolver,
  inputs: readonly UnresolvedInput[],
): Promise<ResolvedInput[]> {
  const { kind } = resolver
  const ends = new Map<string, ResolvedInput>()
  let reason = session.result.stop?.reason
  if (reason === undefined) {
    const { unfinished, stop } = await session.pass({
      // An answer that leads to nobody is as good as any other.
      ids: inputs.map(({ input }) => ({ id: input, endpoint: resolver.endpoint, last: 'empty' })),
      resolver,
      onDurable({ id: input }, outcome) {
        const end = endOf(outcome)
        if (end) ends.set(input, { kind, input, ...end })
      },
    })
    for (const input of unfinished) ends.delete(input)
    reason = stop?.reason
  }
  const parked = { reason: parkReasonOf(reason), status: 'parked' } as const
  return inputs.map(({ input }) => ends.get(input) ?? { kind, input, ...parked })
}

/** What a call says about its input; undefined if it says something only about the run. */
function endOf(outcome: Outcome): { id: string } | { reason: string; status?: 'failed' } | undefined {
  const { kind, code } = outcome
  const id = resolvedId(outcome)
  if (id !== undefined) return { id }
  const reason = missReason(outcome)
  if (reason !== undefined) return { reason }
  if (kind === 'throttled' || kind === 'stop') return undefined
  return { reason: kind === 'ambiguous' || kind === 'unreadable' ? kind : code, status: 'failed' }
}

function rounded(amount: number): number {
  return Math.round(amount * 1e4) / 1e4
}
