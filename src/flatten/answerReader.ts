import { compilePipeline } from './compile.js'
import { interpreter } from '../model/interpret.js'
import type { AnswerReader } from '../load/stage.js'
import type { Pipeline } from '../model/pipeline.js'

/** How the answers of a pipeline are read: at fetch, load, recovery and replay alike. */
export function answerReader(pipeline: Pipeline): AnswerReader {
  return { pipeline, interpret: interpreter(pipeline), flatten: compilePipeline(pipeline).flatten }
}
