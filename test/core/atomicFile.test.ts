import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder, replaceFile } from '../../src/core/atomicFile.js'
import { temporaryFolder } from '../support/folder.js'

const LARGE = 600_000

test('puts a new file in place, its folder too', async () => {
  const path = join(temporaryFolder(), 'deep', 'file.csv')
  expect(await replaceFile(path, (temporary) => writeFile(temporary, 'one'))).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe('one')
})

test('a folder that cannot be created is an error, also where the parent exists but takes no folders', async ({
  skip,
}) => {
  skip(!existsSync('/proc/self'), 'this system has no /proc')
  await expect(makeFolder('/proc/none/deeper')).rejects.toThrow(/ENOENT/)
  const file = join(temporaryFolder(), 'file')
  await makeFolder(dirname(file))
  writeFileSync(file, '')
  await expect(makeFolder(file)).rejects.toThrow(/EEXIST/)
  await expect(makeFolder(join(file, 'deeper'))).rejects.toThrow(/ENOTDIR/)
})

test('leaves a file alone if its content would not change', async () => {
  const path = join(temporaryFolder(), 'file.csv')
  writeFileSync(path, 'x'.repeat(LARGE))
  utimesSync(path, 1, 1)
  expect(await replaceFile(path, (temporary) => writeFile(temporary, 'x'.repeat(LARGE)))).toBe(false)
  expect(statSync(path).mtimeMs).toBe(1000)
})

test.each([
  ['one byte at the end', `${'x'.repeat(LARGE - 1)}y`],
  ['one byte at the start', `y${'x'.repeat(LARGE - 1)}`],
  ['a byte more', 'x'.repeat(LARGE + 1)],
  ['nothing at all', ''],
])('replaces a file that differs in %s', async (_, content) => {
  const path = join(temporaryFolder(), 'file.csv')
  writeFileSync(path, 'x'.repeat(LARGE))
  expect(await replaceFile(path, (temporary) => writeFile(temporary, content))).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe(content)
})

test('a failure leaves the old file and nothing beside it', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'file.csv')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, 'old')
  const failing = replaceFile(path, async (temporary) => {
    await writeFile(temporary, 'half')
    throw new Error('disk full')
  })
  await expect(failing).rejects.toThrow('disk full')
  expect(readFileSync(path, 'utf8')).toBe('old')
  expect(readdirSync(folder)).toEqual(['file.csv'])
})
