import { extname, join } from 'node:path'
import { isFolder } from '../../core/atomicFile.js'
import type { Settings } from '../../config/settings.js'
import { LocalError, UsageError } from '../../core/errors.js'
import { count, plural } from '../../core/text.js'
import { dayIn } from '../../core/time.js'
import { isOurPlace } from '../../dataFolder/files.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { isClosed } from '../../dataFolder/isClosed.js'
import { readRunState } from '../../dataFolder/runStatus.js'
import { readTimeZone } from '../../load/spent.js'
import { pipelineOfPublished } from '../../publish/folderPipeline.js'
import { withPublished } from '../../publish/openPublished.js'
import { print } from '../../terminal/print.js'
import type { Invocation } from '../command.js'
import { outFile } from '../outFile.js'
import { spentParts } from '../spentText.js'
import { costsText, readCosts, type CostsReport } from './costs.js'
import { listBilledCalls, type Listed } from './listBilledCalls.js'
import { writeBilledCalls } from './writeBilledCalls.js'

const FORMATS = ['csv', 'json', 'table'] as const
type CostsFormat = (typeof FORMATS)[number]

/** Prints what a month has cost by list, or writes each billed call of the month. */
export async function costsFlow({ settings, logger }: Invocation): Promise<number> {
  const layout = layoutOf(settings.data)
  const format = formatOf(settings)
  const out = await outOf(settings, layout)
  await withPublished(layout, async (connection) => {
    const zone = await readTimeZone(connection)
    const pipeline = await pipelineOfPublished(connection, settings)
    const { currency } = pipeline.vendor
    const current = dayIn(zone, Date.now()).slice(0, 7)
    const { month = current } = settings
    if (month > current)
      throw new UsageError(`--month ${month} lies in the future: now is ${current} in the zone of the costs (${zone})`)
    const costs = await readCosts(connection, month, layout.data, { zone, currency })
    const caveat = caveatOf(layout)
    if (caveat !== undefined) logger.log('warn', caveat)
    if (format === 'table') {
      print(settings, costs, (columns) => costsText(costs, columns))
      return
    }
    const closed = [layout.raw, layout.journal].find((part) => isClosed(part, layout))
    if (closed !== undefined)
      throw new LocalError(
        `${closed} is closed to you, and each billed call is read from there: ask the user of this folder for the list; without --format and --out you see the sums by list`,
      )
    const listed = await listBilledCalls(connection, layout, { month, zone, pipeline })
    await writeBilledCalls(connection, { format, out, bom: !settings.noBom })
    logger.log(isEqual(listed, costs) ? 'info' : 'warn', totalLine(listed, costs))
    if (out !== undefined) logger.log('info', `${plural(listed.lines, 'line')} written to ${out}`)
  })
  return 0
}

function formatOf({ format, out }: Settings): CostsFormat {
  const ending = out === undefined ? undefined : extname(out).slice(1)
  const given = format ?? FORMATS.find((each) => each === ending) ?? (out === undefined ? 'table' : 'csv')
  const known = FORMATS.find((each) => each === given)
  if (known === undefined) throw new UsageError(`--format ${given}: costs are written as csv, json or table`)
  if (known === 'table' && out !== undefined) throw new UsageError('--format table goes to the screen: leave out --out')
  return known
}

async function outOf({ out }: Settings, layout: Layout): Promise<string | undefined> {
  if (out === undefined) return undefined
  const path = await outFile(out)
  if (await isFolder(path))
    throw new UsageError(
      `--out ${path} is a folder: give the path of a file, such as ${join(path, 'billed-calls.csv')}`,
    )
  if (path === layout.database || isOurPlace(path, layout))
    throw new UsageError(`--out ${path} is where creator-enrich keeps its own files: choose another place`)
  return path
}

function caveatOf(layout: Layout): string | undefined {
  if (isClosed(layout.state, layout))
    return 'state/ is closed to you: the calls of a run that is on, or was cut off, may be missing'
  const { isOn, isCutOff } = readRunState(layout)
  if (isOn) return 'a run is on: its calls are counted when it has ended'
  return isCutOff ? 'the last run left calls that are not counted yet: the next run counts them' : undefined
}

function isEqual({ billed, maybe_billed }: Listed, { total }: CostsReport): boolean {
  return billed === total.billed && maybe_billed === total.maybe_billed
}

/** One line that compares the lines with the table. */
function totalLine(listed: Listed, costs: CostsReport): string {
  const { month, total, currency } = costs
  const sum = `${month}: ${spentParts(total, currency).join(', ')}`
  if (!isEqual(listed, costs)) {
    return `${sum} by table spending, but raw/ and the journal have ${count(listed.billed)} billed and ${count(listed.maybe_billed)} maybe billed calls`
  }
  const without =
    listed.gone > 0 ? `; ${plural(listed.gone, 'line')} without details: these calls are not in raw/ any more` : ''
  return `${sum}, as in table spending: ${plural(listed.lines, 'line')}${without}`
}
