import { openDatabase } from '../core/duckdb.js'
import { LocalError, messageOf } from '../core/errors.js'
import { plural, visibleLine } from '../core/text.js'
import { zonedTime } from '../core/time.js'
import { mayDrop } from '../load/dropHistory.js'
import { formerMembersUntil } from '../load/formerMembers.js'
import { countRuns } from '../load/recordRun.js'
import { asLocalError } from '../load/warehouse.js'
import type { Receipt } from '../model/receipt.js'
import { countLeaving, readTombstones } from '../privacy/tombstones.js'
import type { Fetched } from './fetchDue.js'
import type { OpenRun } from './openRun.js'
import { withCurrentWarehouse } from './rebuild.js'

/**
 * Erases the people who left their last list longer ago than `--keep-people`. Only after a run that ended well and whose clock
 * the API has confirmed, and in which no list lost ids: it may be a wrong file. Everything of the run is published and sealed
 * before, so a failure costs nothing but a repetition by the next run.
 * @returns the receipt with the number of people, and with exit code 7 if they could not be erased
 */
export async function eraseFormer(run: OpenRun, receipt: Receipt, fetched: Fetched | undefined): Promise<Receipt> {
  const { settings, header, layout, effects } = run
  if (settings.keepPeople === undefined) return receipt
  try {
    const until = header.startedAt - settings.keepPeople
    const ids = await formerMembers(run, until)
    const people = plural(ids.length, 'person', 'people')
    const hindrance = ids.length === 0 ? undefined : whyNotNow(receipt, fetched?.isClockConfirmed ?? false)
    if (hindrance !== undefined)
      effects.log(
        'info',
        `${people} who left the last list will be erased by a later run: ${hindrance}`,
        'people_leaving',
        {
          people: ids.length,
        },
      )
    if (ids.length === 0 || hindrance !== undefined) return { ...receipt, erased_people: 0 }
    run.enter('erasing')
    effects.log(
      'info',
      `erasing ${people} who left the last list before ${zonedTime(run.pipeline.timeZone, until)} (--keep-people)`,
      'people_leaving',
      {
        people: ids.length,
      },
    )
    await run.erase(ids, run)
    return { ...receipt, erased_people: ids.length }
  } catch (error) {
    const failure = asLocalError(error, layout.warehouse)
    if (!(failure instanceof LocalError)) throw error
    // The receipt is sealed and says how the run itself ended: table `runs` must stay the same as a replay makes it.
    effects.log('error', `people who left their last list could not be erased: ${failure.message}`, 'error')
    return { ...receipt, erased_people: 0, exit_code: failure.exitCode }
  }
}

async function formerMembers({ layout }: OpenRun, until: number): Promise<string[]> {
  const database = await openDatabase(layout.warehouse, { readOnly: true, tempDirectory: layout.temp })
  return formerMembersUntil(database.connection, until).finally(() => database.close())
}

/** Why this run erases nobody; undefined if it may. */
function whyNotNow({ exit_code, lists }: Receipt, isClockConfirmed: boolean): string | undefined {
  if (!mayDrop({ exitCode: exit_code, isClockConfirmed: true })) return `this one ends with exit code ${exit_code}`
  const shrunk = lists.find(({ removed }) => removed > 0)
  if (shrunk) return `the list ${visibleLine(shrunk.list)} lost ${plural(shrunk.removed, 'id')} in this one`
  return isClockConfirmed ? undefined : 'no answer has confirmed the clock of this machine in this one'
}

/**
 * Completes an erasure that was cut off: `raw/forgotten.json` tells its people from others, without their ids.
 * A failure is a warning: the run works, and the next one tries again.
 */
export async function completeErasure(run: OpenRun): Promise<void> {
  const { layout, effects, settings } = run
  const people = countLeaving(await readTombstones(layout.forgotten))
  if (people === 0) return
  const erasure = `the erasure of ${plural(people, 'person', 'people')} who left the last list, which was cut off`
  effects.log('info', `completing ${erasure}`, 'people_leaving', { people })
  try {
    const options = { lossy: settings.new ?? false }
    const runs = await withCurrentWarehouse(run, ({ connection }) => countRuns(connection), options)
    // Without runs the folder has lost its data: publishing that would hide the loss.
    if (runs === 0) return
    await run.erase([], run)
    effects.log('info', `${erasure}, is complete: nothing is left to do`, 'erasure_completed', { people })
  } catch (error) {
    const failure = asLocalError(error, layout.warehouse)
    if (!(failure instanceof LocalError)) throw error
    effects.log(
      'warn',
      `the erasure is not complete: ${messageOf(failure)}; the next run tries again`,
      'erasure_unfinished',
    )
  }
}
