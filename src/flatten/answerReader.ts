import { interpreter } from '../model/interpret.js'
import type { Interpret } from '../model/outcome.js'
import type { Flattened, Pipeline } from '../model/pipeline.js'
import { compilePipeline } from './compile.js'

/** Gives the outcome and the rows of an answer, for one pipeline. */
export interface AnswerReader {
  readonly pipeline: Pipeline
  readonly interpret: Interpret
  readonly flatten: (value: unknown, id: string) => Flattened
}

/** Fetch, load, recovery and replay all read a pipeline's answers with this. */
export function answerReader(pipeline: Pipeline): AnswerReader {
  return { pipeline, interpret: interpreter(pipeline), flatten: compilePipeline(pipeline).flatten }
}
