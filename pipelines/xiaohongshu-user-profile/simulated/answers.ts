import type { SimulatedAnswers } from '../../../src/model/pipeline.js'
import { edgeCases } from './edgeCases.js'
import { simulatePerson } from './person.js'
import { profileOf } from './profile.js'

/** What an id asks for: two digits behind this mark, e.g. `5f00000000000000005eed07`. */
const MARK = /5eed(\d\d)/

/** The shapes of answers that an id can ask for: number, as two digits, to name. */
export const shapes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(edgeCases).map(([number, { name }]) => [number, name]),
)

/** Synthetic creators: nobody in here exists. The same id and night always give the same data. */
export const simulatedAnswers: SimulatedAnswers = {
  data(id, night) {
    const number = MARK.exec(id)?.[1]
    const oddity = number === undefined ? undefined : edgeCases[number]
    const person = simulatePerson(id, oddity?.person)
    const profile = profileOf(person, night)
    return oddity?.bend ? oddity.bend(profile, person) : profile
  },
}
