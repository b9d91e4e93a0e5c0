import type { SimulatedAnswers } from '../../../src/model/pipeline.js'
import { edgeCases } from './edgeCases.js'
import { simulatePerson } from './person.js'
import { answerOf } from './profile.js'

/** An id selects an edge case by two digits after this marker: `5150000007`. */
const MARKER = /^51500000(\d\d)$/

/** Invented creators; none of them exists. The same id and night always give the same data. */
export const simulatedAnswers: SimulatedAnswers = {
  data(id, night) {
    const number = MARKER.exec(id)?.[1]
    const edgeCase = number === undefined ? undefined : edgeCases[number]
    const person = simulatePerson(id, edgeCase?.person)
    const data = answerOf(person, night)
    return edgeCase?.change ? edgeCase.change(data) : data
  },
}
