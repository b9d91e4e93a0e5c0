import { compilePipeline } from '../../flatten/compile.js'
import type { Answer } from '../../model/call.js'
import { interpreter } from '../../model/interpret.js'
import { loadPipeline, type Anomaly, type Drift, type Row } from '../../model/pipeline.js'
import type { PipelineDefinition } from '../../model/pipelineDefinition.js'
import { completePipeline, definePipeline } from './definePipeline.js'

const ANSWER: Omit<Answer, 'id' | 'body'> = {
  ...{ kind: 'answer', status: 200, contentType: 'application/json', retryAfter: null },
  ...{ seq: 0, attempt: 1, sentAt: 0, receivedAt: 0, ms: 0 },
}

/** What one answer becomes. */
export interface ReadTry {
  /** `profile`, `empty`, `misdelivered`, `unreadable`, `refused`, `retry`, `missing` or `invalid`. */
  readonly outcome: string
  readonly message: string
  /** The wide row by column; undefined without a profile. */
  readonly row: Row | undefined
  readonly drift: readonly Drift[]
  readonly anomalies: readonly Anomaly[]
}

/**
 * A pipeline for tests: reads `data` of an answer as a run does, and invents answers as the simulator does.
 * @throws UsageError if the definition is wrong
 */
export async function tryPipeline(definition: PipelineDefinition): Promise<{
  readonly read: (data: unknown, id: string) => ReadTry
  readonly invent: (id: string, night: number) => unknown
}> {
  const { vendor } = await loadPipeline(undefined)
  const pipeline = completePipeline(definePipeline(definition), vendor)
  const { flatten } = compilePipeline(pipeline)
  const interpret = interpreter(pipeline)
  const answers = await pipeline.simulatedAnswers()
  return {
    invent: (id, night) => answers.data(id, night),
    read(data, id) {
      const body = Buffer.from(JSON.stringify({ code: 0, data }))
      const { kind, message, value } = interpret({ ...ANSWER, id, body })
      if (kind !== 'profile') return { outcome: kind, message, row: undefined, drift: [], anomalies: [] }
      const { values, drift, anomalies } = flatten(value, id)
      const row = Object.fromEntries(Object.keys(pipeline.columns).map((name, at) => [name, values[at]!]))
      return { outcome: kind, message, row, drift, anomalies }
    },
  }
}
