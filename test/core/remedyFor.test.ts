import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { remedyFor } from '../../src/core/remedyFor.js'
import { temporaryFolder } from '../support/folder.js'

test.each([
  ['ENOSPC', 'IO Error: Could not write file "x": No space left on device', 'free some space'],
  ['EDQUOT', 'IO Error: Could not write file "x": Disk quota exceeded', 'free some space'],
  ['ENOENT', 'IO Error: Cannot open file "x": No such file or directory', 'put it back'],
  ['EACCES', 'IO Error: Cannot open file "x": Permission denied', 'make it writable'],
  ['EPERM', 'IO Error: Could not remove file "x": Operation not permitted', 'make it writable'],
  ['EROFS', 'IO Error: Cannot open file "x": Read-only file system', 'make it writable'],
  ['EIO', 'FATAL Error: fsync failed!', 'check this disk'],
  ['EFBIG', 'IO Error: Could not write file "x": File too large', 'raise the limit of file sizes (ulimit -f)'],
  ['EMFILE', 'IO Error: Cannot open file "x": Too many open files', 'raise the limit of open files (ulimit -n)'],
])('%s has the same remedy, whether Node or DuckDB reports it', (code, words, remedy) => {
  expect(remedyFor(Object.assign(new Error('write'), { code }), 'other')).toBe(remedy)
  expect(remedyFor(new Error(`${code}: write`), 'other')).toBe(remedy)
  expect(remedyFor(new Error(words), 'other')).toBe(remedy)
})

test('too little memory has a remedy; any other cause has the one that the caller gives', () => {
  expect(remedyFor(new Error('Out of Memory Error: could not allocate'), 'other')).toBe('give it more memory')
  expect(remedyFor(new Error('Binder Error: no such column'), 'other')).toBe('other')
  expect(remedyFor(undefined, 'other')).toBe('other')
})

test('the errno decides, not a word in the path', async () => {
  const opening = open(join(temporaryFolder(), 'fsync', 'No space left'))
  expect(remedyFor(await opening.catch((error: unknown) => error), 'other')).toBe('put it back')
})
