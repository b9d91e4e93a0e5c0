import { UsageError } from '../errors.js'
import { createMembers, MemberWriter } from '../load/members.js'
import { readInput, type Input } from '../read/readInput.js'
import type { Resources } from '../resources.js'
import type { House } from './house.js'
import type { Job, World } from './job.js'

/** An input under the name of its list. */
export interface NamedInput extends Input {
  readonly name: string
}

/**
 * Opens the inputs and names their lists; their rows are still to be read.
 * @throws UsageError where an input cannot be used, or two would be one list
 */
export async function openInputs(
  { inputs, settings, pipeline }: Job,
  { effects }: World,
  open: Resources,
): Promise<NamedInput[]> {
  const { column, delimiter, list } = settings
  const encoding = settings.encoding === 'auto' ? undefined : settings.encoding
  if (list !== undefined && inputs.length > 1) {
    throw new UsageError(`--list ${list}: ${inputs.length} inputs cannot be one list; run them one by one`)
  }
  if (inputs.includes('-') && list === undefined) {
    throw new UsageError('- (stdin) has no name; give its list one with --list NAME')
  }
  const named: NamedInput[] = []
  for (const source of inputs) {
    const input = await readInput(source, { pipeline, column, delimiter, encoding })
    open.add(() => input.close())
    const name = list ?? input.list
    const other = named.find((before) => before.name === name)
    if (other) {
      throw new UsageError(
        `${other.source} and ${input.source} would both be the list ${name}; rename one, or run them one by one with --list`,
      )
    }
    effects.log('info', `${input.source}: ${input.format}; ${input.idColumn.said}`)
    named.push({ ...input, name })
  }
  return named
}

/**
 * Reads every row of every input into the temporary table of members: what is wrong with an input shows before anything
 * is sent.
 * @throws UsageError with file and line
 */
export async function spill(inputs: readonly NamedInput[], { warehouse: { connection } }: House): Promise<number> {
  await createMembers(connection)
  const members = await MemberWriter.open(connection)
  let read = 0
  for (const input of inputs) {
    for await (const rows of input.rows()) {
      for (const row of rows) members.append(input.name, row)
      read += rows.length
    }
  }
  members.close()
  return read
}
