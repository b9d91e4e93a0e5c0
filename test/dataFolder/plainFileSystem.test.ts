import { spawnSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cli, type Ended } from '../support/cli.js'
import { temporaryFolder } from '../support/folder.js'
import { plainId, writeList } from '../support/lists.js'
import { published } from '../support/published.js'
import { simulator, TOKEN } from '../support/simulated.js'

/** Refuses what exFAT and many network shares cannot do: links, modes, and the sync of a folder. */
const REFUSALS = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
int symlink(const char *a, const char *b) { errno = EPERM; return -1; }
int link(const char *a, const char *b) { errno = EPERM; return -1; }
int chmod(const char *p, mode_t m) { errno = EPERM; return -1; }
int fsync(int file) {
  struct stat found;
  if (fstat(file, &found) == 0 && S_ISDIR(found.st_mode)) { errno = EINVAL; return -1; }
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}
`

test('a folder without links, modes and synced folders works: a copy takes the place of the link', async ({ skip }) => {
  const folder = temporaryFolder()
  const library = join(folder, 'plain.so')
  writeFileSync(join(folder, 'plain.c'), REFUSALS)
  const built = spawnSync('gcc', ['-shared', '-fPIC', '-o', library, join(folder, 'plain.c')])
  if (built.status !== 0) return skip('no C compiler')

  const data = join(folder, 'data')
  const api = await simulator()
  const env = { JUSTONEAPI_TOKEN: TOKEN, LD_PRELOAD: library }
  const there = ['--data', data]
  const nights: Ended[] = []
  for (const n of [1, 2, 3]) {
    const list = writeList(folder, [plainId(n), plainId(9)], `list${n}.csv`)
    nights.push(await cli(['run', list, ...there, '--api', api.url, '--no-report', '--quiet'], { env }))
  }
  expect(nights.map(({ code, stderr }) => ({ code, stderr }))).toEqual(nights.map(() => ({ code: 0, stderr: '' })))
  expect(lstatSync(join(data, 'creators.duckdb')).isFile()).toBe(true)
  expect(readdirSync(data).filter((name) => name.startsWith('creators.duckdb'))).toEqual(['creators.duckdb'])
  const [newest] = readdirSync(join(data, 'published')).sort().reverse()
  const copy = readFileSync(join(data, 'published', newest!, 'creators.duckdb'))
  expect(copy.equals(readFileSync(join(data, 'creators.duckdb')))).toBe(true)
  expect(await published(data, 'SELECT count(*)::INTEGER AS n FROM creators')).toEqual([{ n: 4 }])
  expect(api.ledger.summary().charged).toBe(4)

  const doctor = await cli(['doctor', ...there, '--api', 'simulated'], { env })
  expect(doctor.stdout).toMatch(/ok\s+folder/)

  const forgotten = await cli(['forget', plainId(1), ...there], { env })
  expect(forgotten.stderr).not.toContain('error')
  expect(forgotten.code).toBe(0)
  expect(await published(data, 'SELECT count(*)::INTEGER AS n FROM creators')).toEqual([{ n: 3 }])
  expect(readdirSync(join(data, 'published'))).toHaveLength(1)
})
