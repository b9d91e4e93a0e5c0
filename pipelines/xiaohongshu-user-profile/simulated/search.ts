import { idOfHandle } from './handleIds.js'
import { simulatePerson } from './person.js'
import { rounded } from './profile.js'
import { randomFrom, seedOf } from './random.js'
import { markedAnswer } from './resolverMarks.js'

type Json = Record<string, unknown>

/** One handle in this number belongs to nobody; for some of these no one is like it, either. */
const ONE_MISSING_IN = 9

/** By the two digits after the marker. */
const UNUSUAL: Readonly<Record<string, (input: string) => unknown>> = {
  '01': () => null,
  '02': () => ({}),
  '03': () => ({ users: [] }),
  '04': (input) => ({ users: strangers(input) }),
  '05': (input) => ({ users: [userOf(`${input}0`, input), userOf(`${input}1`, input)].flat() }),
  '06': (input) => ({ users: [...strangers(input), ...userOf(input)] }),
  '07': (input) => ({ users: userOf(input).map((user) => ({ ...user, id: '' })) }),
}

/** The people whom a search for an invented 小红书号 finds: who has it, and strangers with one that is like it. */
export function simulatedSearch(input: string): unknown {
  const marked = markedAnswer(UNUSUAL, input)
  if (marked) return marked.data
  const seed = seedOf(input)
  if (seed % ONE_MISSING_IN === 0) return { users: seed % 2 === 0 ? [] : strangers(input) }
  const others = strangers(input)
  const place = seed % (others.length + 1)
  return { users: [...others.slice(0, place), ...userOf(input), ...others.slice(place)] }
}

function strangers(input: string): Json[] {
  const { between } = randomFrom(seedOf(input))
  return Array.from({ length: between(0, 3) }, (_, at) => userOf(`${input.slice(0, 13)}${at}`)).flat()
}

/** The entry of a person; none if no invented person can have this handle. */
function userOf(handle: string, shownAs?: string): Json[] {
  const id = idOfHandle(handle)
  if (id === undefined) return []
  const { name, redId, fans, verifiedType } = simulatePerson(id)
  const red_id = shownAs ?? redId
  return [
    {
      ...{ id, red_id, name, desc: `小红书号：${red_id}`, sub_title: `粉丝 ${rounded(fans)}` },
      image: `https://sns-avatar-qc.xhscdn.com/avatar/${id}.jpg`,
      link: `xhsdiscover://1/user/user.${id}`,
      ...{ red_official_verified: verifiedType > 0, red_official_verify_type: verifiedType },
    },
  ]
}
