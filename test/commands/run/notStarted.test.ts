import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { partialInvocation } from '../../../src/commands/invocation.js'
import { runCommand } from '../../../src/commands/run/command.js'
import { tellNotStarted } from '../../../src/commands/run/notStarted.js'
import { commandHere } from '../../support/commandHere.js'
import { commandOfMake } from '../../support/commandOfMake.js'
import { temporaryFolder } from '../../support/folder.js'
import { plainId, writeList } from '../../support/lists.js'
import { hook } from '../../support/webhook.js'

test('a start that failed is kept in the folder that the config file names, and told to its webhook; else in none', async () => {
  const folder = temporaryFolder()
  const [data, other, list] = [join(folder, 'data'), join(folder, 'other'), writeList(folder, [plainId(1)])]
  for (const each of [data, other]) mkdirSync(join(each, 'state'), { recursive: true })
  const { url, bodies } = await hook()
  const config = join(folder, 'c.json')
  const kept = (): boolean[] => [data, other].map((each) => existsSync(join(each, 'state', 'start.json')))

  writeFileSync(config, '{"data": "other"')
  const unknown = await commandHere(['run', list, '--config', config, '--notify', url], { cwd: folder })
  expect([unknown.code, kept()]).toEqual([2, [false, false]])
  writeFileSync(config, JSON.stringify({ data: 'other', notify: url, 'max-age': '7x' }))
  expect((await commandHere(['run', list, '--config', config], { cwd: folder })).code).toBe(2)
  expect(kept()).toEqual([false, true])
  expect(bodies).toMatchObject([
    { data: 'unknown', exit_code: 2 },
    { data: other, exit_code: 2 },
  ])
})

test('what is kept and sent names commands plainly, however the program was started', async () => {
  const data = temporaryFolder()
  mkdirSync(join(data, 'state'))
  const { url, bodies } = await hook()
  const invocation = partialInvocation(runCommand, [], { data, notify: url })
  await tellNotStarted(invocation, 2, `nothing is published: \`${commandOfMake()}\` makes it`)
  const error = 'nothing is published: `creator-enrich replay --data d` makes it'
  expect(bodies).toMatchObject([{ error }])
  expect(JSON.parse(readFileSync(join(data, 'state', 'start.json'), 'utf8'))).toMatchObject({ error })
})
