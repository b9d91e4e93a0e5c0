import { join } from 'node:path'
import { namesInFolder, pathExists } from '../../core/absent.js'
import { commandText } from '../../core/commandText.js'
import { first, type Connection } from '../../core/duckdb.js'
import { plural } from '../../core/text.js'
import { layoutOf, type Layout } from '../../dataFolder/layout.js'
import { readRunState } from '../../dataFolder/runStatus.js'
import { comparedAttributes } from '../../load/schema/pipelineTables.js'
import { outdatedReading } from '../../load/schema/schema.js'
import { loadPipeline } from '../../model/pipeline.js'
import { isBuiltIn } from '../../model/isBuiltIn.js'
import { countForgetting, countLeaving, leavingText, readTombstones } from '../../privacy/tombstones.js'
import { readIncluded } from '../../publish/includedFolder.js'
import { withPublished } from '../../publish/openPublished.js'
import { isWorthCompacting, spaceOf } from '../../publish/compact.js'
import { describeSealedRuns } from '../../raw/sealedRuns.js'
import { ok, warn, type CheckResult } from './check.js'

/** What a person must do, or what the next run does by itself. */
interface Need {
  readonly isForPeople: boolean
  readonly said: string
}

const forPeople = (said: string): Need => ({ isForPeople: true, said })
const byItself = (said: string): Need => ({ isForPeople: false, said })

/**
 * What the folder needs next, each with its remedy; changes nothing.
 * @param opens whether the published file can be read
 */
export async function folderNeeds(layout: Layout, opens: boolean): Promise<CheckResult> {
  const needs = [
    ...(await erasure(layout)),
    ...(await rebuild(layout)),
    ...segments(layout, await namesInFolder(layout.journal)),
    ...(await setAside(layout)),
    ...(await included(layout)),
    ...(opens && pathExists(layout.database)
      ? await withPublished(layout, (connection) => ofPublished(connection, layout))
      : []),
  ]
  if (needs.length === 0) return ok('nothing')
  const said = needs.map((need) => need.said).join('; ')
  return needs.some(({ isForPeople }) => isForPeople) ? warn(said) : ok(said)
}

async function erasure({ forgotten, data }: Layout): Promise<Need[]> {
  const tombstones = await readTombstones(forgotten)
  const needs: Need[] = []
  if (countForgetting(tombstones) > 0)
    needs.push(
      forPeople(
        `erasure: one was interrupted: give the same ids to \`${commandText(['forget', '--data', data])}\` again`,
      ),
    )
  if (countLeaving(tombstones) > 0) needs.push(byItself(`erasure: ${leavingText(tombstones)}`))
  return needs
}

async function included(layout: Layout): Promise<Need[]> {
  const folder = await readIncluded(layout)
  if (folder === undefined || pathExists(layoutOf(folder.data).database)) return []
  return [
    forPeople(
      `included: ${folder.data} has no published file: \`run --include DIR\` names another folder, \`run --no-include\` ends this`,
    ),
  ]
}

async function rebuild({ raw, database, warehouse, data }: Layout): Promise<Need[]> {
  const sealed = await describeSealedRuns(raw)
  if (sealed === undefined) return []
  if (!pathExists(database))
    return [forPeople(`rebuild: nothing is published: \`${commandText(['replay', '--data', data])}\``)]
  if (pathExists(warehouse)) return []
  return [byItself(`rebuild: ${warehouse} is missing: the next run or \`replay\` makes it from raw/ with no call`)]
}

/** During a run its segments are in use. */
function segments(layout: Layout, names: readonly string[]): Need[] {
  const count = names.filter((name) => name.endsWith('.journal')).length
  if (count === 0 || readRunState(layout).isOn) return []
  return [
    forPeople(
      `load: ${plural(count, 'segment')} of the journal ${count === 1 ? 'is' : 'are'} not loaded: run the same command again, it makes no call twice`,
    ),
  ]
}

async function setAside({ state, journal }: Layout): Promise<Need[]> {
  const damaged = (await namesInFolder(state)).filter((name) => /\.damaged-\d+$/.test(name))
  const torn = await namesInFolder(join(journal, 'damaged'))
  const places = [
    ...(damaged.length > 0 ? [join(state, '*.damaged-*')] : []),
    ...(torn.length > 0 ? [join(journal, 'damaged')] : []),
  ]
  if (places.length === 0) return []
  return [
    forPeople(
      `clean-up: ${plural(damaged.length + torn.length, 'damaged file')} set aside in ${places.join(' and ')}: check the disk, then remove them`,
    ),
  ]
}

async function ofPublished(connection: Connection, { data }: Layout): Promise<Need[]> {
  const about = await first<{ pipeline: string; attributes: string; reading: number | null; runs: number }>(
    connection,
    'SELECT f.*, (SELECT count(*)::BIGINT FROM runs) AS runs FROM data_folder AS f',
  )
  if (about === undefined) return []
  const { pipeline, attributes, reading, runs } = about
  const needs: Need[] = []
  if (await isRedefined(pipeline, attributes))
    needs.push(
      forPeople(
        `rebuild: the definition of its columns has changed: \`${commandText(['replay', '--data', data])}\`, with no call`,
      ),
    )
  const reason = runs === 0 ? undefined : outdatedReading(reading ?? null)
  if (reason !== undefined) needs.push(byItself(`rebuild: ${reason}: the next run or \`replay\` does it with no call`))
  return [...needs, ...(await compaction(connection))]
}

/** A pipeline of one's own is left to the commands that load it. */
async function isRedefined(name: string, attributes: string): Promise<boolean> {
  if (!isBuiltIn(name)) return false
  const now = comparedAttributes(await loadPipeline(name))
  return attributes !== '{}' && JSON.stringify(now) !== attributes
}

async function compaction(connection: Connection): Promise<Need[]> {
  const space = await spaceOf(connection)
  if (!isWorthCompacting(space)) return []
  const { free, total } = space
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)
  return [byItself(`compaction: ${megabytes(free)} of ${megabytes(total)} MB are free: the next run gives them back`)]
}
