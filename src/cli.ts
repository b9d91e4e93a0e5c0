#!/usr/bin/env node
/**
 * Starts the program. Node opens many of its files at once: where a process may open only a few, the import is the first
 * thing to fail.
 */
try {
  const { main } = await import('./commands/program.js')
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!/EMFILE|Too many open files/.test(String(error))) throw error
  process.stderr.write(
    'error: this process may open too few files to load the program; nothing was sent: raise the limit (ulimit -n 1024), then run the same command again\n',
  )
  process.exitCode = 7
}
