import { pathExists } from '../core/absent.js'
import type { Settings } from '../config/settings.js'
import type { Connection } from '../core/duckdb.js'
import { UsageError } from '../core/errors.js'
import type { Resources } from '../core/resources.js'
import { requireOpen } from '../dataFolder/isClosed.js'
import { layoutOf, type Layout } from '../dataFolder/layout.js'
import { createMembers, MemberWriter } from '../load/members.js'
import type { Pipeline } from '../model/pipeline.js'
import { planOptionsOf } from '../plan/plan.js'
import { hideRow } from '../privacy/hideRow.js'
import type { IdFinder } from '../privacy/idFinder.js'
import { forgottenFinder, readTombstones } from '../privacy/tombstones.js'
import { isNameless } from '../read/file.js'
import { type NamedInput, readInput } from '../read/readInput.js'
import type { RunContext } from './context.js'
import { nothingTracked } from './storedInputs.js'

/**
 * Opens the inputs and names their lists; their rows are read later. Tracked lists are not opened here: their rows are
 * stored in the working database.
 * @throws UsageError if an input cannot be used, the settings do not fit the pipeline, two inputs have the same list name, or no input is given
 */
export async function openInputs(
  {
    inputs,
    settings,
    pipeline,
    effects,
    signal,
  }: Pick<RunContext, 'inputs' | 'settings' | 'pipeline' | 'effects'> & Partial<Pick<RunContext, 'signal'>>,
  open: Resources,
): Promise<NamedInput[]> {
  const { column, delimiter, sheet, list } = settings
  // Settings that do not fit the pipeline are reported before the data folder is touched.
  planOptionsOf(settings, pipeline, effects.now())
  checkNumber(inputs, settings)
  if (settings.resolve && !pipeline.resolvers?.length) {
    throw new UsageError(`--resolve: the pipeline ${pipeline.name} has no endpoint that finds ids`)
  }
  const encoding = settings.encoding === 'auto' ? undefined : settings.encoding
  if (list !== undefined && inputs.length > 1) {
    throw new UsageError(`--list ${list}: ${inputs.length} inputs cannot be one list; run them one by one`)
  }
  if (inputs.includes('')) {
    // As a path it would be the current folder, such as where the variable of a script is not set.
    throw new UsageError('the name of an input is empty: name a file, or `-` for stdin')
  }
  const nameless = inputs.find(isNameless)
  if (nameless !== undefined && list === undefined) {
    const shown = nameless === '-' ? '- (stdin)' : `${nameless} (a pipe of the shell)`
    throw new UsageError(`${shown} has no name; give its list one with --list NAME`)
  }
  requireOpen(layoutOf(settings.data))
  const named: NamedInput[] = []
  for (const source of inputs) {
    const input = await readInput(source, { pipeline, column, delimiter, sheet, encoding, signal })
    open.add(() => input.close())
    const name = list ?? input.list
    const other = named.find((before) => before.name === name)
    if (other) {
      if (other.source === input.source) throw new UsageError(`${input.source} is named twice: name it once`)
      throw new UsageError(
        `${other.source} and ${input.source} would both be the list ${name}; rename one, or run them one by one with --list`,
      )
    }
    effects.log('info', `${input.source}: ${input.format}; ${input.idColumn.explanation}`, 'input_opened')
    named.push({ ...input, name })
  }
  await refuseForgotten(named, layoutOf(settings.data))
  return named
}

function checkNumber({ length }: readonly string[], { tracked, data }: Settings): void {
  if (tracked && length > 0) {
    throw new UsageError('--tracked refreshes the tracked lists and takes no input: give one or the other')
  }
  if (!tracked && length === 0) {
    throw new UsageError('no input: name a file, `-` for stdin, or --tracked for the lists that are tracked')
  }
  const { state, raw } = layoutOf(data)
  if (tracked && !pathExists(state) && !pathExists(raw)) throw nothingTracked(layoutOf(data).data)
}

/** The name, path and header of a list are stored in tables and files, so they must not contain a forgotten id. */
async function refuseForgotten(inputs: readonly NamedInput[], { forgotten }: Layout): Promise<void> {
  const finder = forgottenFinder(await readTombstones(forgotten))
  const at = inputs.findIndex(({ name, source, columns }) => finder?.isIn([name, source, ...columns].join('\n')))
  if (at < 0) return
  throw new UsageError(
    `input ${at + 1} has the id of a forgotten person in its path, its header or the name of its list: rename it`,
  )
}

/** Where the rows go, and which people are hidden in them. */
export interface MembersTarget {
  readonly connection: Connection
  readonly pipeline: Pipeline
  readonly forgotten: IdFinder | undefined
}

/**
 * Reads every row of every input into the TEMP table of members, so that an input error shows before anything is sent.
 * @returns the number of rows
 * @throws UsageError with file and line
 */
export async function loadMembers(
  inputs: readonly NamedInput[],
  { connection, pipeline, forgotten }: MembersTarget,
): Promise<number> {
  await createMembers(connection)
  const members = await MemberWriter.open(connection)
  let read = 0
  for (const input of inputs) {
    for await (const rows of input.rows()) {
      for (const row of rows) members.append(input.name, forgotten ? hideRow(row, forgotten, pipeline) : row)
      read += rows.length
    }
  }
  members.close()
  return read
}
