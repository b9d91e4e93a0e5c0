import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandHere } from '../support/commandHere.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { enrich, simulator, startRun } from '../support/simulated.js'

test('while the first run is on, readers say that it makes the file they lack', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  let arrive: () => void = () => undefined
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  const api = await simulator({
    before: () => {
      arrive()
      return new Promise(() => undefined)
    },
  })
  const { child, ended } = startRun([writeList(folder, [plainId(1)])], data, api)
  await arrived
  const refused = async (command: string, end: string) => {
    const { code, stderr } = await commandHere([command, '--data', data])
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${data} has no published file yet: ${end}`)])
  }
  const during = 'the run that is on makes one at its end; or give another folder with --data'
  for (const command of ['select', 'lists', 'changes', 'costs']) await refused(command, during)
  child.kill('SIGKILL')
  await ended
  await refused('select', '`creator-enrich run <list> --data ')
})

test('where only raw/ is left, readers and plan say what it holds, and that replay brings it back', async () => {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  const list = writeList(folder, [plainId(1), plainId(2)])
  const { receipt } = await enrich(list, data, await simulator(), '--track')
  for (const name of readdirSync(data)) {
    if (name !== 'raw') rmSync(join(data, name), { recursive: true })
  }
  const holds = `${join(data, 'raw')} holds 1 run, the last one ${receipt.run_id}: \`creator-enrich replay --data ${data}\``
  for (const args of [['status'], ['lists'], ['changes'], ['select'], ['report'], ['plan', '--tracked']]) {
    const { code, stderr } = await commandHere([...args, '--data', data])
    expect({ args, code, stderr }).toEqual({ args, code: 2, stderr: expect.stringContaining(holds) as string })
  }
  const planned = await commandHere(['plan', list, '--data', data])
  expect(planned).toMatchObject({ code: 0, stderr: expect.stringContaining(holds) as string })
  expect(readdirSync(data)).toEqual(['raw'])

  expect((await commandHere(['replay', '--data', data])).code).toBe(0)
  const back = await commandHere(['plan', '--tracked', '--data', data, '--json'])
  expect(JSON.parse(back.stdout)).toMatchObject({ ids: 2, due: { ids: 0 }, known: { fresh: 2 } })
  expect(back.stderr).not.toContain('replay')

  const damaged = join(data, 'creators.duckdb')
  for (const args of [['status'], ['lists'], ['select'], ['report'], ['plan', list]]) {
    const { code, stderr } = await commandHere([...args, '--data', damaged])
    const said = expect.stringContaining(`error: ${damaged} is a file: give the data folder with --data\n`) as string
    expect({ args, code, stderr }).toEqual({ args, code: 2, stderr: said })
  }
  rmSync(damaged)
  writeFileSync(damaged, 'no database'.repeat(1000))
  const readers = [['status'], ['lists'], ['select'], ['report'], ['plan', list]]
  const unread = async (remedy: string) => {
    for (const args of readers) {
      const { code, stderr } = await commandHere([...args, '--data', data])
      expect({ args, code, stderr }).toEqual({ args, code: 7, stderr: expect.stringContaining(remedy) as string })
      expect(stderr).toContain(`error: ${damaged} cannot be read: `)
    }
  }
  await unread(`\`creator-enrich replay --data ${data}\` publishes it again, with no call`)
  // What replay would refuse is no remedy.
  for (const name of ['raw', 'state']) rmSync(join(data, name), { recursive: true })
  await unread('raw/ and state/journal/ hold nothing to make it of: restore them, or the file, from a backup')
})
