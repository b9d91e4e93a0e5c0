import { expect, test } from 'vitest'
import type { FetchEvent } from '../../src/fetch/fetchAll.js'
import { followFetch } from '../../src/run/followFetch.js'
import { newTally } from '../../src/terminal/progress.js'

test('a stop says how many calls it waits for, if there are any', () => {
  const stop = { reason: 'cap', code: 'cap', message: 'the cap of this run is reached' }
  const stopping = { type: 'stopping', stop } as FetchEvent
  const said = (inFlight: number) => {
    const lines: string[] = []
    followFetch(stopping, { ...newTally(5, 0.15, 'CNY'), inFlight }, { log: (_, message) => void lines.push(message) })
    return lines
  }
  expect(said(2)).toEqual(['stopping (the cap of this run is reached); waiting for 2 calls in flight'])
  expect(said(1)).toEqual(['stopping (the cap of this run is reached); waiting for 1 call in flight'])
  expect(said(0)).toEqual(['stopping (the cap of this run is reached)'])
})
