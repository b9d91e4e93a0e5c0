import type { SimulatedAnswers } from '../../../src/model/pipeline.js'
import { edgeCases } from './edgeCases.js'
import { simulatePerson } from './person.js'
import { profileOf } from './profile.js'

/** An id selects an edge case by two digits after this marker, e.g. `5f00000000000000005eed07`. */
const MARKER = /5eed(\d\d)/

/** The names of the edge cases, by their two digits. */
export const edgeCaseNames: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(edgeCases).map(([number, { name }]) => [number, name]),
)

/** Invented creators; none of them exists. The same id and night always give the same data. */
export const simulatedAnswers: SimulatedAnswers = {
  data(id, night) {
    const number = MARKER.exec(id)?.[1]
    const edgeCase = number === undefined ? undefined : edgeCases[number]
    const person = simulatePerson(id, edgeCase?.person)
    const profile = profileOf(person, night)
    return edgeCase?.change ? edgeCase.change(profile, person) : profile
  },
}
