import { handleOfId } from './handleIds.js'
import { randomFrom, seedOf } from './random.js'
import { words } from './words.js'

/** The facts that stay the same from night to night. The numbers are those of night 0. */
export interface SimulatedPerson {
  readonly id: string
  readonly seed: number
  readonly name: string
  /** The name from night `renamedOn` on; for most people the same as `name`. */
  readonly laterName: string
  readonly renamedOn: number
  readonly redId: string
  readonly bio: string
  readonly mentions: readonly { readonly id: string; readonly nickname: string }[]
  /** 0 male, 1 female, 2 not given. */
  readonly gender: number
  readonly age: number | null
  readonly starSign: string | null
  readonly place: readonly [province: string, city: string] | null
  readonly ipLocation: string
  readonly profession: string | null
  readonly college: string | null
  readonly enrolled: number
  /** 0 none, 1 person, 2 business. */
  readonly verifiedType: number
  readonly verifiedContent: string
  readonly seller: boolean
  /** The generation of the answer: old answers leave keys out, new answers have additional keys. */
  readonly era: 'old' | 'usual' | 'new'
  readonly level: number
  readonly fans: number
  readonly likes: number
  readonly collects: number
  readonly notes: number
  readonly follows: number
  /** Share of the followers that are won (or lost) each night. */
  readonly growth: number
}

/** For each tier: the share of creators in this tier or a lower one, the lowest and the highest number of followers. */
const TIERS = [
  [0.45, 0, 10_000],
  [0.78, 10_000, 100_000],
  [0.92, 100_000, 500_000],
  [0.97, 500_000, 1_000_000],
  [1, 1_000_000, 9_000_000],
] as const

/** One person in this number is renamed on some night. */
const ONE_RENAMED_IN = 50

/** Invents the person of an id. `given` overrides the random values. */
export function simulatePerson(id: string, given: Partial<SimulatedPerson> = {}): SimulatedPerson {
  const seed = seedOf(id)
  const { next, between, pick, chance } = randomFrom(seed)
  const nameOf = () => `${pick(words.adjectives)}的${pick(words.nouns)}${pick(words.endings)}`
  const name = nameOf()
  const share = next()
  const [, low, high] = TIERS.find(([upTo]) => share < upTo)!
  const fans = Math.floor(Math.exp(Math.log(low + 1) + next() * (Math.log(high) - Math.log(low + 1))))
  const notes = chance(0.03) ? 0 : between(1, 1500)
  const likes = notes === 0 ? 0 : Math.floor(fans * (0.5 + next() * 11))
  const place = chance(0.6) ? pick(words.places) : null
  const [hobby, other] = [pick(words.hobbies), pick(words.hobbies)]
  const mentions = chance(0.25) ? [{ id: `5f0000000000000001${hex(between(0, 0xffffff))}`, nickname: nameOf() }] : []
  const ageRoll = next()
  const verifiedType = chance(0.06) ? between(1, 2) : 0
  const college = chance(0.06) ? pick(words.colleges) : null
  const eraRoll = next()
  const renamed = seed % ONE_RENAMED_IN === 0
  return {
    id,
    seed,
    name,
    laterName: renamed ? `${nameOf()}·新` : name,
    renamedOn: 1 + (Math.floor(seed / ONE_RENAMED_IN) % 5),
    redId:
      handleOfId(id) ??
      (chance(0.8) ? String(between(100_000_000, 99_999_999_999)) : `example_${hex(between(0, 0xffffff))}`),
    bio: chance(0.08)
      ? ''
      : `${hobby}和${other}，慢慢更新\n合作请私信${mentions.map(({ nickname }) => `\nhi看@${nickname}`).join('')}`,
    mentions,
    gender: share < 0.9 ? Number(chance(0.7)) : 2,
    age: ageRoll < 0.4 ? between(18, 52) : null,
    starSign: ageRoll > 0.85 ? pick(words.starSigns) : null,
    place,
    ipLocation: chance(0.06) ? pick(words.abroad) : (place?.[0] ?? pick(words.places)[0]),
    profession: chance(0.35) ? pick(words.professions) : null,
    college,
    enrolled: between(2008, 2025),
    verifiedType,
    verifiedContent: ['', pick(words.verifiedPeople), pick(words.verifiedBusinesses)][verifiedType]!,
    seller: chance(0.08),
    era: eraRoll < 0.1 ? 'old' : eraRoll < 0.85 ? 'usual' : 'new',
    level: eraRoll < 0.05 ? 11 : 0,
    fans,
    likes,
    collects: Math.floor(likes * (0.15 + next() * 0.45)),
    notes,
    follows: between(0, 900),
    growth: chance(0.1) ? -0.001 * next() : 0.008 * next(),
    ...given,
  }
}

function hex(number: number): string {
  return number.toString(16).padStart(6, '0')
}
