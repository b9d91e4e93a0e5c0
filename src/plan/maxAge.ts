import { options } from '../config/options.js'
import type { Settings } from '../config/settings.js'
import { UsageError } from '../core/errors.js'
import { nearest } from '../core/nearest.js'
import { DAY_MS } from '../core/time.js'
import { columnOf, type Pipeline } from '../model/pipeline.js'

/** How old a profile may get until it is fetched again, milliseconds. */
export interface AllowedAges {
  /** Where `byTier` says nothing else, and for an id whose tier is not known. */
  readonly standard: number
  /** Empty without `--max-age by-tier`. */
  readonly byTier: ReadonlyMap<string, number>
}

type AgeSettings = Pick<Settings, 'maxAge' | 'maxAgeByTier'>
type Tiered = Pick<Pipeline, 'name' | 'columns' | 'tiers' | 'maxAgeByTier'>

/**
 * The allowed ages of a run. A declaration of the settings wins over one of the pipeline, tier by tier.
 * @throws UsageError when `--max-age by-tier` has no declaration, or one of a tier that the pipeline does not have
 */
export function allowedAges({ maxAge, maxAgeByTier = {} }: AgeSettings, pipeline: Tiered): AllowedAges {
  if (maxAge !== 'by-tier') return { standard: maxAge, byTier: new Map() }
  const byTier = new Map(Object.entries({ ...pipeline.maxAgeByTier, ...maxAgeByTier }))
  if (byTier.size === 0) {
    throw new UsageError(
      `--max-age by-tier: no tier has an age; nothing was sent: declare some with --max-age-by-tier mega=20h,nano=7d, or as "max-age-by-tier" in the config file`,
    )
  }
  const tiers = columnOf(pipeline, 'tier') === undefined ? [] : (pipeline.tiers ?? [])
  const unknown = [...byTier.keys()].find((tier) => !tiers.includes(tier))
  if (unknown !== undefined) throw unknownTier(unknown, tiers, pipeline)
  return { standard: STANDARD, byTier }
}

const STANDARD = options.maxAge.parse(options.maxAge.default) as number

function unknownTier(tier: string, tiers: readonly string[], { name }: Tiered): UsageError {
  const [near] = nearest(tier, tiers, 1)
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`
  const known = tiers.length === 0 ? 'no tiers' : `the tiers ${tiers.join(', ')}`
  return new UsageError(
    `--max-age-by-tier: there is no tier ${tier}${hint}, the pipeline ${name} has ${known}; nothing was sent`,
  )
}

/** A nightly run that starts a little earlier than the day before must not skip a night. */
export const NIGHT_SLACK_MS = 3_600_000

/**
 * SQL for the age until which a profile of this tier is fresh, in milliseconds; the parameter `$max_age_ms` is the standard.
 * @param tier SQL for the tier; undefined if it is not stored
 */
export function freshMsSql({ byTier }: AllowedAges, tier: string | undefined): string {
  if (byTier.size === 0 || tier === undefined) return '$max_age_ms'
  const cases = [...byTier].map(([name, age]) => {
    const fresh = age >= DAY_MS ? age - NIGHT_SLACK_MS : age
    return `WHEN '${name.replaceAll("'", "''")}' THEN ${Math.round(fresh)}`
  })
  return `CASE ${tier} ${cases.join(' ')} ELSE $max_age_ms END`
}
