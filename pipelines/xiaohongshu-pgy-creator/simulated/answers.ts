import type { SimulatedAnswers } from '../../../src/model/pipeline.js'
import { simulatePerson } from '../../xiaohongshu-user-profile/simulated/person.js'
import { creatorOf } from './creator.js'
import { edgeCases } from './edgeCases.js'

/** An id selects an edge case by two digits after this marker, e.g. `5f00000000000000005eed07`. */
const MARKER = /5eed(\d\d)/

/** One person in this number is not in the marketplace. */
const ONE_MISSING_IN = 9

/** Invented creators, the same people as in the invented profiles; none of them exists. */
export const simulatedAnswers: SimulatedAnswers = {
  data(id, night) {
    const person = simulatePerson(id)
    const creator = creatorOf(person, night)
    const edgeCase = edgeCases[MARKER.exec(id)?.[1] ?? '']
    return edgeCase ? edgeCase.change(creator, night) : creator
  },
  code(id) {
    const number = MARKER.exec(id)?.[1]
    if (number !== undefined) return edgeCases[number]?.code
    const { seed } = simulatePerson(id)
    return seed % ONE_MISSING_IN === 0 ? [301, 400, 500][seed % 3] : undefined
  },
}
