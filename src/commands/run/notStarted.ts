import { plainCommands } from '../../core/commandText.js'
import { all } from '../../core/duckdb.js'
import { EXIT } from '../../core/errors.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { idHider } from '../../model/hideIds.js'
import { loadPipeline } from '../../model/pipeline.js'
import { withPublished } from '../../publish/openPublished.js'
import { listNameOf } from '../../read/file.js'
import { closingOfNotStarted } from '../../run/closingLine.js'
import { recordFailedStart } from '../../run/lastStart.js'
import type { Invocation } from '../command.js'
import { tellEnd } from './tellEnd.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/**
 * Tells that a run could not start: in the log, to the webhook, in `status` and in the metrics. The error itself is reported
 * already. What is kept or posted holds no user id, as a path may. Where it is not known which folder was meant, nothing is kept in one.
 */
export async function tellNotStarted(
  invocation: Pick<Invocation, 'settings' | 'logger' | 'proxyFor' | 'inputs' | 'redact' | 'start' | 'isFolderUnknown'>,
  exitCode: number,
  message: string,
): Promise<void> {
  const { settings, logger, start, redact, isFolderUnknown = false } = invocation
  const layout = layoutOf(settings.data)
  const pipeline = await pipelineFor(settings).catch(() => loadPipeline(undefined))
  const hideIds = idHider(pipeline)
  const { currency } = pipeline.vendor
  const clean = (text: string): string => hideIds(redact(text))
  const lists = (await listsOf(invocation)).map(clean)
  const error = clean(plainCommands(message))
  if (!isFolderUnknown && exitCode !== EXIT.interrupted && exitCode !== EXIT.terminated) {
    const failed = { at: new Date().toISOString(), exit_code: exitCode, error, lists }
    await recordFailedStart(layout, failed, logger.log)
  }
  const { runId } = start
  const data = isFolderUnknown ? 'unknown' : layout.data
  await tellEnd(invocation, redact, {
    end: { run_id: runId, exit_code: exitCode, error, data, lists: lists.map((list) => ({ list })) },
    closing: (warnings) => closingOfNotStarted({ runId, data, lists, error, currency }, exitCode, warnings),
    isSaid: true,
  })
}

/** The names of the lists as far as they are known without opening a file of the user. */
async function listsOf({
  settings,
  inputs,
  isFolderUnknown,
}: Pick<Invocation, 'settings' | 'inputs' | 'isFolderUnknown'>): Promise<string[]> {
  const { list, tracked, data } = settings
  if (!tracked) return inputs.map((input) => list ?? listNameOf(input))
  if (isFolderUnknown) return []
  const query = 'SELECT list FROM lists WHERE tracked ORDER BY first_read_at, list'
  try {
    const rows = await withPublished(layoutOf(data), (connection) => all<{ list: string }>(connection, query))
    return rows.map((row) => row.list)
  } catch {
    return []
  }
}
