import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceFile } from '../../src/core/atomicFile.js'
import { createTemporary, isLeftover, nameWithoutEnding, temporaryName } from '../../src/core/temporaryFile.js'
import { temporaryFolder } from '../support/folder.js'

/** No process has this id. */
const DEAD = '99999999-00000000000000000000'

test('each name is new, and leads back to the target', () => {
  const names = Array.from({ length: 100 }, () => temporaryName('/x/creators.csv'))
  expect(new Set(names).size).toBe(100)
  expect(new Set(names.map(nameWithoutEnding))).toEqual(new Set(['creators.csv']))
  expect(nameWithoutEnding('/x/creators.csv.part')).toBe('creators.csv')
})

test('a temporary file of the longest name fits the file system', async () => {
  const path = join(temporaryFolder(), 'x'.repeat(255))
  const { file } = await createTemporary(path)
  await file.close()
})

test('produce gets an empty file that is there already', async () => {
  const path = join(temporaryFolder(), 'file')
  await replaceFile(path, async (temporary) => {
    expect(statSync(temporary).size).toBe(0)
    writeFileSync(temporary, 'new', { flag: 'r+' })
    await Promise.resolve()
  })
  expect(readFileSync(path, 'utf8')).toBe('new')
})

test('a planted link is replaced by the file, and what it leads to stays', async () => {
  const folder = temporaryFolder()
  const [outside, path] = [join(folder, 'outside'), join(folder, 'file')]
  writeFileSync(outside, 'precious')
  for (const name of [path, `${path}.part`]) symlinkSync(outside, name)
  await replaceFile(path, async (temporary) => {
    writeFileSync(temporary, 'new')
    await Promise.resolve()
  })
  expect([readFileSync(path, 'utf8'), readFileSync(outside, 'utf8')]).toEqual(['new', 'precious'])
})

test('what a killed process left beside the target goes; what a living one writes stays', async () => {
  const folder = temporaryFolder()
  mkdirSync(folder, { recursive: true })
  const living = `file.${process.ppid}-00000000000000000000.part`
  for (const name of [`file.${DEAD}.part`, living, `other.${DEAD}.part`, 'file.txt'])
    writeFileSync(join(folder, name), '')
  await replaceFile(join(folder, 'file'), async (temporary) => {
    writeFileSync(temporary, 'new')
    await Promise.resolve()
  })
  expect(readdirSync(folder).sort()).toEqual(['file', living, 'file.txt', `other.${DEAD}.part`].sort())
  expect(existsSync(join(folder, living))).toBe(true)
  expect([isLeftover(living), isLeftover(living, true), isLeftover(temporaryName('file'), true)]).toEqual([
    false,
    true,
    false,
  ])
})
