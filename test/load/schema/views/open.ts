import { onTestFinished } from 'vitest'
import { all, type ReadCell } from '../../../../src/core/duckdb.js'
import { layoutOf, type Layout } from '../../../../src/dataFolder/layout.js'
import { takeLock, type Lock } from '../../../../src/dataFolder/lock.js'
import { answerReader } from '../../../../src/flatten/compile.js'
import { loadSegments } from '../../../../src/load/loadCalls.js'
import type { AnswerSource } from '../../../../src/load/stage.js'
import type { Answer } from '../../../../src/model/call.js'
import type { Pipeline } from '../../../../src/model/pipeline.js'
import { placeEmptyWarehouse } from '../../../support/emptyWarehouse.js'
import { copyFolder } from '../../../support/finishedFolder.js'
import { folderOfFile, temporaryFolder } from '../../../support/folder.js'
import { openWarehouse, type HeldWarehouse } from '../../../support/warehouse.js'

/** One answer of a readable history: a profile without its id, or a code. */
export interface DatedAnswer {
  readonly at: string
  readonly id: string
  readonly answer: Record<string, unknown> | string
}

/** A run that was answers these answers, as a journal would hand them out. */
export function runOf(pipeline: Pipeline, runId: string, answers: readonly DatedAnswer[]): AnswerSource {
  const calls = answers.map(({ at, id, answer }, seq): Answer => {
    const body = typeof answer === 'string' ? { code: answer } : { code: 0, data: { userid: id, ...answer } }
    const receivedAt = Date.parse(at)
    return {
      kind: 'answer',
      seq: seq + 1,
      id,
      attempt: 1,
      sentAt: receivedAt - 5,
      receivedAt,
      ms: 5,
      status: 200,
      contentType: null,
      retryAfter: null,
      body: new TextEncoder().encode(JSON.stringify(body)),
    }
  })
  const startedAt = Math.min(...calls.map(({ sentAt }) => sentAt))
  return {
    header: { runId, startedAt, pipeline: pipeline.name, simulated: false, host: 'test' },
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface is async because a journal reads from disk
    async *calls() {
      yield calls
    },
  }
}

export interface WorkingDatabase {
  readonly layout: Layout
  readonly lock: Lock
  readonly warehouse: HeldWarehouse
  readonly load: (runId: string, answers: readonly DatedAnswer[]) => Promise<void>
  readonly rows: (sql: string) => Promise<Record<string, ReadCell>[]>
}

/** A working database of a pipeline, which reads answers as a run does; closed after the test. */
export async function openWorking(
  pipeline: Pipeline,
  before?: Pick<WorkingDatabase, 'layout' | 'lock'>,
): Promise<WorkingDatabase> {
  const layout = before?.layout ?? layoutOf(temporaryFolder())
  if (!before) await placeEmptyWarehouse(layout.data, pipeline)
  const lock = before?.lock ?? (await takeLock(layout))
  if (!before) onTestFinished(() => lock.release())
  const warehouse = await openWarehouse(lock, pipeline)
  return {
    layout,
    lock,
    warehouse,
    async load(runId, answers) {
      await loadSegments(warehouse, [runOf(pipeline, runId, answers)], answerReader(pipeline))
    },
    rows: (sql) => all(warehouse.connection, sql),
  }
}

/**
 * The same, filled: it is made for the first test of a file, and each test opens a copy. Call it at the top of the file.
 * @returns opens a copy
 */
export function sharedWorking(
  pipeline: Pipeline,
  fill: (working: WorkingDatabase) => Promise<void>,
): () => Promise<WorkingDatabase> {
  const original = folderOfFile()
  let made: Promise<void> | undefined
  const make = async (): Promise<void> => {
    const working = await openWorking(pipeline)
    await fill(working)
    await working.warehouse.close()
    await working.lock.release()
    copyFolder(working.layout.data, original)
  }
  return async () => {
    await (made ??= make())
    const layout = layoutOf(copyFolder(original, temporaryFolder()))
    const lock = await takeLock(layout)
    onTestFinished(() => lock.release())
    return openWorking(pipeline, { layout, lock })
  }
}
