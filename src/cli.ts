#!/usr/bin/env node
/**
 * Loads the program and starts it. Node opens many of its files at once: where a process may open only a few, this is the
 * first thing to fail.
 */
try {
  await import('./commands/program.js')
} catch (error) {
  if (!/EMFILE|Too many open files/.test(String(error))) throw error
  process.stderr.write(
    'error: too few open files are allowed to this process to load the program; nothing was sent: raise the limit (ulimit -n 1024), then run the same command again\n',
  )
  process.exitCode = 7
}
