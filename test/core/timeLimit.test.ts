import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/** Does the work with a limit of 300 ms in a process of its own, and then something that must still be possible. */
function limited(work: string): { status: number | null; stdout: string } {
  const file = join(import.meta.dirname, '../../dist/src/core/timeLimit.js')
  const script = `
    import { withTimeLimit } from ${JSON.stringify(file)}
    const result = await withTimeLimit(300, () => new Error('late'), async () => { ${work} }, true).catch(({ message }) => message)
    setTimeout(() => console.log(result), 1)`
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  return { status, stdout }
}

test.each([
  ['a loop', 'while (true) {}'],
  ['a loop that catches everything', 'for (;;) try { while (true) {} } catch {} finally {}'],
  ['a regular expression', `/^(a+)+$/.test('a'.repeat(40) + 'b')`],
  ['a blocked thread', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
  ['a promise', 'await new Promise(() => setTimeout(() => undefined, 60_000).unref())'],
])('%s without an end is given up, and the process goes on', (_, work) => {
  expect(limited(work)).toEqual({ status: 0, stdout: 'late\n' })
})

test('work that ends in time gives its result or its error, and leaves nothing that keeps the process', () => {
  expect(limited(`return 'done'`)).toEqual({ status: 0, stdout: 'done\n' })
  expect(limited(`throw new Error('failed')`)).toEqual({ status: 0, stdout: 'failed\n' })
})

test('a thread that moves, after the process stood still or did other work, is not broken off', () => {
  // Other work behind an await, with the limit over in its middle.
  const other = `
    const until = Date.now() + 600
    setTimeout(() => { while (Date.now() < until); process.stdout.write('other work, ') }, 10)
    await new Promise(() => undefined)`
  expect(limited(other)).toEqual({ status: 0, stdout: 'other work, late\n' })
})
