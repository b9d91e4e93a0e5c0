import { UsageError } from '../../core/errors.js'
import { compilePipeline } from '../../flatten/compile.js'
import { DEFINITION_FAILED } from '../../model/definitionFaults.js'
import type { Pipeline } from '../../model/pipeline.js'

/** Cells that any list may hold. Some of them are ids of one endpoint or another. */
const CELLS = [
  '',
  'none',
  'https://example.com/',
  'example_1',
  '1000000001',
  '5f0000000000000000000001',
  '00000000-0000-4000-8000-000000000001',
]

/**
 * Tries the functions of a pipeline of one's own on cells and on an invented person, before any call is paid.
 * @param pipeline names its faults
 * @throws UsageError that names the function and the file
 */
export async function tryDefinition(pipeline: Pipeline): Promise<void> {
  const id = CELLS.map((cell) => pipeline.parseId(cell)).flatMap((parsed) => ('id' in parsed ? [parsed.id] : []))[0]
  const answers = await pipeline.simulatedAnswers()
  if (id === undefined) return
  pipeline.request(id)
  if (answers.code?.(id, 0)) return
  const profile = pipeline.profile(answers.data(id, 0), id)
  if (profile.kind !== 'profile') return
  const { anomalies } = compilePipeline(pipeline).flatten(profile.value, id)
  const failed = anomalies.find(({ kind }) => kind === DEFINITION_FAILED)
  if (failed) throw new UsageError(failed.detail)
}
