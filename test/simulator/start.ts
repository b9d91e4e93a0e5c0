import { justOneApi } from '../../pipelines/justOneApi.js'
import { onTestFinished } from 'vitest'
import type { SimulatedAnswers, Pipeline } from '../../src/model/pipeline.js'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js'

/** A small pipeline for these tests: the simulator does not depend on a real one. */
export const pipeline: Pipeline = {
  name: 'test-people',
  version: 1,
  title: 'Test people',
  vendor: justOneApi,
  price: 0.15,
  timeZone: 'Asia/Shanghai',
  idColumns: ['user_id'],
  genericIdColumns: [],
  parseId: (cell) =>
    /^[0-9a-f]{24}$/.test(cell) ? { id: cell } : { reason: 'not_an_id', remedy: 'give 24 hex digits' },
  request: (id) => ({ path: '/api/test/people/v1', query: { personId: id } }),
  profile: () => ({ kind: 'empty' }),
  columns: {},
  children: [],
  check: () => [],
  simulatedAnswers: () => Promise.resolve(invention),
}

export const invention: SimulatedAnswers = {
  data: (id, night) => ({ id, name: '示例创作者', fans: 1000 + night, bio: '简介'.repeat(50) }),
}

export interface Envelope {
  code: number
  data: { id: string; name: string; fans: number } | null
  message: string | null
  recordTime: string
  requestId: string
}

export async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ pipeline, ...options })
  onTestFinished(() => simulator.close())
  return simulator
}

export function address(simulator: Simulator, id: string, token = 'secret'): string {
  return `${simulator.url}/api/test/people/v1?token=${encodeURIComponent(token)}&personId=${id}`
}

export async function callApi(
  simulator: Simulator,
  id: string,
  token?: string,
): Promise<Envelope & { status: number }> {
  const response = await fetch(address(simulator, id, token), { redirect: 'error' })
  return { ...((await response.json()) as Envelope), status: response.status }
}

/** The codes of this many calls for one id, in order. */
export async function codes(simulator: Simulator, id: string, times: number): Promise<number[]> {
  const got: number[] = []
  for (let call = 0; call < times; call += 1) got.push((await callApi(simulator, id)).code)
  return got
}
