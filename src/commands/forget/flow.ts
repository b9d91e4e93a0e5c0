import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Settings } from '../../config/options.js'
import { liveEffects } from '../../core/effects.js'
import { messageOf, UsageError } from '../../core/errors.js'
import { layoutOf } from '../../dataFolder/layout.js'
import type { Pipeline } from '../../model/pipeline.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { checkErased, checkText } from './checkErased.js'
import { allowAgain, forget } from './forget.js'
import { eraseFleetRows } from './eraseFleetRows.js'
import { forgetSummary, withFleet, type ForgetReport } from './forgetReport.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Erases people, lets them come back (`--allow`) or checks that they are erased (`--check`), and prints the report. */
export async function forgetFlow({ settings, logger, inputs }: Invocation): Promise<number> {
  const pipeline = await pipelineFor(settings)
  const ids = new Set([...idsOf(inputs, pipeline), ...(await idsInFile(settings.file, pipeline))])
  if (ids.size === 0) throw new UsageError('no person is named: give ids or links, or a file of them with --file')
  if (settings.checkErased) {
    if (settings.allow) throw new UsageError('--check changes nothing: give --check or --allow, not both')
    const check = await checkErased([...ids], settings)
    print(settings, check, () => checkText(check))
    return check.exit_code
  }
  const effects = liveEffects(logger.log)
  if (settings.allow) return printed(settings, await allowAgain([...ids], settings, pipeline, effects))
  const fleet = await eraseFleetRows([...ids], settings, layoutOf(settings.data), pipeline)
  const report = await forget([...ids], settings, pipeline, effects)
  return printed(settings, fleet === undefined ? report : withFleet(report, fleet))
}

function printed(settings: Settings, report: ForgetReport): number {
  print(settings, report, () => forgetSummary(report))
  return report.exit_code
}

function idsOf(cells: readonly string[], pipeline: Pipeline): string[] {
  return cells.map((cell, at) => idOf(cell, `argument ${at + 1}`, pipeline))
}

async function idsInFile(file: string | undefined, pipeline: Pipeline): Promise<string[]> {
  if (file === undefined) return []
  const path = resolve(file)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read: ${messageOf(cause)}; give a file with one id on each line`, { cause })
  })
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  return lines.flatMap((line, at) => (line.trim() === '' ? [] : [idOf(line, `${path}, line ${at + 1}`, pipeline)]))
}

/** A cell without an id is not shown: it may hold personal data. */
function idOf(cell: string, where: string, pipeline: Pipeline): string {
  const parsed = pipeline.parseId(cell)
  if ('id' in parsed) return parsed.id
  throw new UsageError(`${where} is not an id (${parsed.reason}): ${parsed.remedy}; nothing was changed`)
}
