// Takes the lock of a data folder, prints `held`, and holds it until stdin ends; or prints the error as JSON.
// Argument: the data folder.
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { layoutOf } from '#src/dataFolder/layout.js'
import { takeLock } from '#src/dataFolder/lock.js'

const layout = layoutOf(process.argv[2])
const before = performance.now()
try {
  const lock = await takeLock(layout)
  process.stdout.write('held\n')
  process.stdin.resume().on('end', () => lock.release())
} catch (error) {
  const { name, exitCode, message } = error
  process.stdout.write(`${JSON.stringify({ name, exitCode, message, ms: performance.now() - before })}\n`)
  process.stdin.destroy()
}
