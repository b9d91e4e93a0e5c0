import { compilePipeline } from '../flatten/compile.js'
import { interpreter } from '../interpret.js'
import type { Reader } from '../load/stage.js'
import type { Pipeline } from '../pipeline.js'

/** How the answers of a pipeline are read: at fetch, load, recovery and replay alike. */
export function readerOf(pipeline: Pipeline): Reader {
  return { pipeline, interpret: interpreter(pipeline), flatten: compilePipeline(pipeline).flatten }
}
