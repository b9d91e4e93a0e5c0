import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Settings } from '../../config/settings.js'
import { liveEffects } from '../../core/effects.js'
import { messageOf, UsageError } from '../../core/errors.js'
import { layoutOf } from '../../dataFolder/layout.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { namedPerson } from '../namedPerson.js'
import { checkErased, checkText } from './checkErased.js'
import { allowAgain, forget } from './forget.js'
import { eraseFleetRows } from './eraseFleetRows.js'
import { forgetSummary, withFleet, type ForgetReport } from './forgetReport.js'
import { pipelineFor } from '../../publish/folderPipeline.js'

/** Erases people, lets them come back (`--allow`) or checks that they are erased (`--check`), and prints the report. */
export async function forgetFlow({ settings, logger, inputs }: Invocation): Promise<number> {
  const pipeline = await pipelineFor(settings)
  const layout = layoutOf(settings.data)
  const cells = [
    ...inputs.map((cell, at) => ({ cell, where: `argument ${at + 1}` })),
    ...(await cellsInFile(settings.file)),
  ]
  const ids = new Set<string>()
  for (const { cell, where } of cells) {
    const { id, by } = await namedPerson(cell, where, { pipeline, layout, end: '; nothing was changed' })
    if (by !== undefined) logger.log('warn', `${where}, a ${by}, stands for the id ${id}`)
    ids.add(id)
  }
  if (ids.size === 0) throw new UsageError('no person is named: give ids or links, or a file of them with --file')
  if (settings.checkErased) {
    if (settings.allow) throw new UsageError('--check changes nothing: give --check or --allow, not both')
    const check = await checkErased([...ids], settings)
    print(settings, check, () => checkText(check))
    return check.exit_code
  }
  const effects = liveEffects(logger.log)
  if (settings.allow) return printed(settings, await allowAgain([...ids], settings, pipeline, effects))
  const fleet = await eraseFleetRows([...ids], settings, layout, pipeline)
  const report = await forget([...ids], settings, pipeline, effects)
  return printed(settings, fleet === undefined ? report : withFleet(report, fleet))
}

function printed(settings: Settings, report: ForgetReport): number {
  print(settings, report, () => forgetSummary(report))
  return report.exit_code
}

/** The lines of a file that are not empty. */
async function cellsInFile(file: string | undefined): Promise<{ cell: string; where: string }[]> {
  if (file === undefined) return []
  const path = resolve(file)
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`${path} cannot be read: ${messageOf(cause)}; give a file with one id on each line`, { cause })
  })
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  return lines.flatMap((cell, at) => (cell.trim() === '' ? [] : [{ cell, where: `${path}, line ${at + 1}` }]))
}
