import { interpreter } from '../model/interpret.js'
import type { Interpret } from '../model/outcome.js'
import type { Flattened, Pipeline } from '../model/pipeline.js'
import { compilePipeline } from './compile.js'

/** What turns an answer into its meaning and its rows, for one pipeline. */
export interface AnswerReader {
  readonly pipeline: Pipeline
  readonly interpret: Interpret
  readonly flatten: (value: unknown, id: string) => Flattened
}

/** How the answers of a pipeline are read: at fetch, load, recovery and replay alike. */
export function answerReader(pipeline: Pipeline): AnswerReader {
  return { pipeline, interpret: interpreter(pipeline), flatten: compilePipeline(pipeline).flatten }
}
