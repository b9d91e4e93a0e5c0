// Runs commands one after the other in one process, as the program does after its start. Arguments: the umask, and the
// arguments of each command as JSON.
import process from 'node:process'
import { keepOthersOut } from '#src/core/fileModes.js'
import { main } from '#src/commands/program.js'

const [umask, commands] = process.argv.slice(2)
process.umask(Number.parseInt(umask, 8))
keepOthersOut()
for (const args of JSON.parse(commands)) {
  const code = await main(args)
  if (code === 0) continue
  process.stderr.write(`error: ${args[0]} ended with ${code}\n`)
  process.exit(1)
}
