#!/usr/bin/env node
/**
 * Starts the program. Node opens many of its files at once: where a process may open only a few, the import is the first
 * thing to fail.
 */
const LITTLE_MEMORY =
  'error: this process may use too little memory or address space; paid answers are safe: raise the limit (ulimit -v unlimited), then run the same command again\n'

process.on('uncaughtException', (error) => {
  if (!isLittleMemory(error)) {
    process.stderr.write(`error: a bug in creator-enrich: ${error.message}\n${error.stack ?? ''}\n`)
    process.exit(1)
  }
  process.stderr.write(LITTLE_MEMORY)
  process.exit(7)
})

try {
  const { keepOthersOut } = await import('./core/fileModes.js')
  keepOthersOut()
  const { handleSignals } = await import('./terminal/stopSignal.js')
  handleSignals()
  const { main } = await import('./commands/program.js')
  process.exitCode = await main(process.argv.slice(2))
  // A program that --pipeline has imported may keep a timer or a server, which must not keep this process.
  setTimeout(() => process.exit(), 1000).unref()
} catch (error) {
  if (!isFewFiles(error) && !isLittleMemory(error)) throw error
  process.stderr.write(
    isLittleMemory(error)
      ? LITTLE_MEMORY
      : 'error: this process may open too few files to load the program; nothing was sent: raise the limit (ulimit -n 1024), then run the same command again\n',
  )
  process.exitCode = 7
}

/** Node reports a package.json that it cannot open as a module that is not found, so the limit itself is looked at as well. */
function isFewFiles(error: unknown): boolean {
  if (/EMFILE|Too many open files/.test(String(error))) return true
  const isNotFound = (error as { code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND'
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files: { soft: number | 'unlimited' } } }
  const files = Number(userLimits?.open_files.soft)
  return isNotFound && files < 256
}

/** A library that cannot be mapped, and memory that V8 or WebAssembly cannot reserve. */
function isLittleMemory(error: unknown): boolean {
  return /failed to map segment|cannot allocate|out of memory|allocation failed|ENOMEM/i.test(String(error))
}
