// Runs a module as if it were the main script, and writes its peak memory to file descriptor 3 at the end.
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [, , script, ...rest] = process.argv
process.argv.splice(1, process.argv.length - 1, script, ...rest)
process.on('exit', () => writeSync(3, JSON.stringify({ rssMb: Math.round(process.resourceUsage().maxRSS / 1024) })))
await import(pathToFileURL(script).href)
